//! The lines that `feed` and `burst` write: every line has accents, since those are the exercise.
//!
//! Every line fits into a beginner's buffer of 1,024 bytes.

/// The language of the lab's own lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// French.
    French,
}

const FRENCH: [&str; 6] = [
    "L’été, même à la forêt, l’écureuil garde ses réserves.",
    "Où est passée la clé du théâtre ? Là, près de la fenêtre.",
    "Le garçon a mangé la crème brûlée à Noël.",
    "Un cœur naïf ne connaît pas la peur du maître.",
    "Ça fait déjà une journée que le bâtiment est fermé.",
    "L’âne têtu préfère les pâquerettes aux poèmes.",
];

const ENGLISH: [&str; 6] = [
    "The naïve waiter brought the crème brûlée to the wrong table.",
    "Her fiancé left his résumé in the café.",
    "The façade of the château is a cliché.",
    "It was déjà vu: the same soufflé, the same entrée.",
    "A protégé of Brontë wrote this à la carte.",
    "The piñata had jalapeños in it.",
];

/// The `n`th line, counted from 1, with its newline.
pub(super) fn line(language: Language, n: u64) -> String {
    let (texts, before) = match language {
        Language::English => (&ENGLISH, ": "),
        Language::French => (&FRENCH, " : "),
    };
    let word = match language {
        Language::English => "Line",
        Language::French => "Ligne",
    };
    let text = texts[(n.saturating_sub(1) % texts.len() as u64) as usize];
    format!("{word} {n}{before}{text}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_an_accent_and_fits_into_a_beginners_buffer() {
        for language in [Language::English, Language::French] {
            for n in 1..=6 {
                let line = line(language, n);
                assert!(
                    line.chars().any(|c| !c.is_ascii() && c.is_alphabetic()),
                    "{line}"
                );
                assert!(line.len() < 1024 && line.ends_with('\n'), "{line}");
                assert_eq!(line.matches('\n').count(), 1);
            }
        }
        assert!(line(Language::French, u64::MAX).starts_with("Ligne 1844"));
    }
}
