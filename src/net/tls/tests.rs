//! First bytes, and certificates that can and cannot be used.

use super::*;

#[test]
fn two_bytes_make_a_hello() {
    for (bytes, told) in [
        (&b""[..], Hello::Unclear),
        (b"\x16", Hello::Unclear),
        (b"\x16\x03", Hello::Yes),
        (b"\x16\x03\x01\x02\x00", Hello::Yes),
        (b"\x16\x02", Hello::No),
        (b"\x16\n", Hello::No),
        (b"\x15\x03", Hello::No),
        (b"alice\n", Hello::No),
    ] {
        assert_eq!(hello(bytes), told, "{bytes:?}");
    }
}

#[test]
fn certificates_that_cannot_be_used_are_told_of_in_words() {
    let make = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (one, two) = (make(), make());
    let (pem, key) = (one.cert.pem(), one.signing_key.serialize_pem());
    let other = two.signing_key.serialize_pem();
    let cut = pem.replace("-----END CERTIFICATE-----", "");
    let garbled = pem.replace('M', "N");
    let locked = key.replace("BEGIN PRIVATE", "BEGIN ENCRYPTED PRIVATE");
    let both = format!("{key}{pem}");
    for (pem, key, words) in [
        (&*pem, &*key, None),
        (&*both, &*both, None),
        ("", &*key, Some("the certificate holds no certificate")),
        ("hello", &*key, Some("the certificate holds no certificate")),
        (&*key, &*key, Some("the certificate holds no certificate")),
        (&*cut, &*key, Some("the certificate is not PEM")),
        (&*garbled, &*key, Some("cannot be used")),
        (&*pem, "", Some("the key holds no private key")),
        (&*pem, &*pem, Some("the key holds no private key")),
        (&*pem, &*locked, Some("the key is encrypted")),
        (&*pem, &*other, Some("the key is not the key of")),
    ] {
        let made = Certificate::from_pem(pem.as_bytes(), key.as_bytes());
        let told = made.err().map(|error| error.to_string());
        match (&told, words) {
            (Some(told), Some(words)) => assert!(told.contains(words), "{told:?}: {words}"),
            (told, words) => assert_eq!(told.as_deref(), words),
        }
    }
    let missing = Path::new("no-such-file.pem");
    let told = Certificate::from_files(missing, missing).unwrap_err();
    let words = "cannot read certificate no-such-file.pem: no such file or directory";
    assert_eq!(told.to_string(), words);
}
