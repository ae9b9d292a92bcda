//! Parses the fields that a WHO asks for: `%fields[,token]` (IRCv3 WHOX).
//!
//! The token of a request comes back in each line, so that a client knows which of its questions is answered.
//! Fields are answered in the order of the specification and not in that of the request.

/// All fields, in the order in which they are answered.
pub(super) const FIELDS: &str = "tcuihsnfdlaor";

/// Maximum number of digits of a token.
const TOKEN_DIGITS_MAX: usize = 3;

/// A request for certain fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whox<'a> {
    fields: &'a str,
    /// The value of the field `t`.
    pub(super) token: &'a str,
}

impl<'a> Whox<'a> {
    /// Parses the second parameter of a WHO; none if it asks for no fields.
    pub(super) fn parse(param: &'a str) -> Option<Self> {
        // Flags may stand before the fields. Only the flag `o` is known here.
        let (_, fields) = param.split_once('%')?;
        let (fields, token) = fields.split_once(',').unwrap_or((fields, ""));
        let is_token = (1..=TOKEN_DIGITS_MAX).contains(&token.len())
            && token.bytes().all(|b| b.is_ascii_digit());
        let token = if is_token { token } else { "0" };
        Some(Self { fields, token })
    }

    /// Returns the fields that are asked for, in the order of the answer.
    pub(super) fn fields(self) -> impl Iterator<Item = char> {
        FIELDS
            .chars()
            .filter(move |field| self.fields.contains(*field))
    }
}

/// Returns whether a WHO asks for server operators only (RFC 1459, 4.5.1).
pub(super) fn only_operators(param: &str) -> bool {
    param
        .split('%')
        .next()
        .is_some_and(|flags| flags.contains('o'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_answered_in_their_own_order() {
        for (param, fields, token) in [
            ("%tcuhnfdar,743", "tcuhnfdar", "743"),
            ("%cuhsnfdar", "cuhsnfdar", "0"),
            ("%rn", "nr", "0"),
            ("%nnxz", "n", "0"),
            ("o%tn,1", "tn", "1"),
            ("%tn,1234", "tn", "0"),
            ("%tn,x", "tn", "0"),
            ("%tn,", "tn", "0"),
            ("%", "", "0"),
        ] {
            let whox = Whox::parse(param).unwrap();
            assert_eq!(whox.fields().collect::<String>(), fields, "{param}");
            assert_eq!(whox.token, token, "{param}");
        }
        assert_eq!(Whox::parse("o"), None);
        assert!(only_operators("o") && only_operators("o%tn"));
        assert!(!only_operators("%o") && !only_operators(""));
    }
}
