//! The log, on stderr: text for people, or a JSON object a line for programs.

use std::io::Write;

use log::LevelFilter;

use super::args::{LogFormat, LoggingOptions};

/// Installs the logger. `RUST_LOG` refines what the flags say.
pub(super) fn install(options: &LoggingOptions) {
    let level = match (options.quiet, options.verbose) {
        (true, _) => LevelFilter::Error,
        (false, 0) => LevelFilter::Warn,
        (false, 1) => LevelFilter::Info,
        (false, 2) => LevelFilter::Debug,
        (false, _) => LevelFilter::Trace,
    };
    let mut builder = env_logger::Builder::new();
    builder.filter_level(level).parse_default_env();
    if options.log_format == LogFormat::Json {
        builder.format(|buffer, record| {
            let line = serde_json::json!({
                "time": buffer.timestamp_millis().to_string(),
                "level": record.level().as_str(),
                "target": record.target(),
                "message": record.args().to_string(),
            });
            writeln!(buffer, "{line}")
        });
    }
    builder.init();
}
