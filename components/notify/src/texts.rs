//! The messages' texts, in English and French, from the templates beside the sources.

use askama::Template;
use domain::{Language, Provider};

/// An SMS with a code. One SMS part: at most 160 characters of the GSM alphabet (the apostrophe and accents used are in it).
pub(crate) fn code(language: Language, code: &str) -> String {
    match language {
        Language::En => format!("{code} is your Ask N Pic code, good for 10 minutes. We never ask for it by phone or email."),
        Language::Fr => {
            format!("{code} est votre code Ask N Pic, valable 10 minutes. Nous ne le demandons jamais par appel ni email.")
        }
    }
}

/// The text of an email: its subject in the first line, then paragraphs with an empty line before each.
#[derive(Template)]
#[template(ext = "txt")]
pub(crate) enum Text {
    #[template(path = "address-taken.txt")]
    AddressTaken { french: bool },
    #[template(path = "session-reused.txt")]
    SessionReused { french: bool },
    #[template(path = "confirm-email.txt")]
    ConfirmEmail { french: bool, link: String },
    #[template(path = "change-email.txt")]
    ChangeEmail { french: bool, link: String },
    #[template(path = "email-change-asked.txt")]
    EmailChangeAsked { french: bool },
    #[template(path = "email-changed.txt")]
    EmailChanged { french: bool },
    #[template(path = "reset-password.txt")]
    ResetPassword { french: bool, link: String },
    #[template(path = "password-changed.txt")]
    PasswordChanged { french: bool },
    #[template(path = "account-stripped.txt")]
    AccountStripped { french: bool },
    #[template(path = "account-erased.txt")]
    AccountErased { french: bool, receipt: String },
    #[template(path = "provider-claim.txt")]
    ProviderClaim { french: bool, provider: Provider, link: String },
    #[template(path = "account-reclaimed.txt")]
    AccountReclaimed { french: bool, provider: Provider },
    #[template(path = "link-added.txt")]
    LinkAdded { french: bool, provider: Provider },
    #[template(path = "link-removed.txt")]
    LinkRemoved { french: bool, provider: Provider },
}

/// The same as HTML.
#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'a> {
    language: &'static str,
    subject: &'a str,
    paragraphs: Vec<&'a str>,
}

/// An email to send.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) subject: String,
    pub(crate) text: String,
    /// `None` where the text has a secret link: Brevo rewrites the links of HTML for tracking, and its API cannot switch that off.
    pub(crate) html: Option<String>,
}

impl Text {
    /// The whole email.
    ///
    /// # Errors
    /// A template does not render, which none of ours does.
    pub(crate) fn mail(&self, language: Language) -> Result<Mail, askama::Error> {
        let whole = self.render()?;
        let (subject, text) = whole.split_once("\n\n").ok_or(askama::Error::Fmt)?;
        let html = match self {
            Self::ConfirmEmail { .. }
            | Self::ChangeEmail { .. }
            | Self::ResetPassword { .. }
            | Self::AccountErased { .. }
            | Self::ProviderClaim { .. } => None,
            _ => Some(Layout { language: language.tag(), subject, paragraphs: text.split("\n\n").collect() }.render()?),
        };
        Ok(Mail { subject: subject.to_owned(), text: format!("{}\n", text.trim_end()), html })
    }
}

/// Subject and text of the email that asks for the second half of a double opt-in (promise a01).
pub(crate) fn waitlist_confirm(language: Language, link: &str) -> (&'static str, String) {
    match language {
        Language::En => (
            "Confirm your place on the Ask N Pic waitlist",
            format!(
                "Hello,\n\nSomebody, we hope you, has put this address on the waitlist of Ask N Pic. Please confirm it here within \
                 seven days:\n\n{link}\n\nIf it was not you, do nothing: the address is forgotten by itself.\n\nAsk N Pic\n"
            ),
        ),
        Language::Fr => (
            "Confirmez votre inscription à la liste d'attente d'Ask N Pic",
            format!(
                "Bonjour,\n\nQuelqu'un, sans doute vous, a inscrit cette adresse à la liste d'attente d'Ask N Pic. Confirmez-le ici dans \
                 les sept jours :\n\n{link}\n\nSi ce n'était pas vous, ne faites rien : l'adresse sera oubliée d'elle-même.\n\nAsk N Pic\n"
            ),
        ),
    }
}

/// Subject and text of a marketing mail, a welcome where it has none of its own, always with the link that ends them (promise a77).
pub(crate) fn marketing(language: Language, subject: &str, text: &str, link: &str) -> (String, String) {
    let (welcome_subject, welcome, leave) = match language {
        Language::En => (
            "Welcome to the Ask N Pic waitlist",
            "Hello,\n\nYour place on the waitlist is confirmed. We write when there is something to try, and at no other time.",
            "You get this mail because you asked for it. One click ends it:",
        ),
        Language::Fr => (
            "Bienvenue sur la liste d'attente d'Ask N Pic",
            "Bonjour,\n\nVotre inscription est confirmée. Nous écrirons quand il y aura quelque chose à essayer, et jamais sinon.",
            "Vous recevez ce message parce que vous l'avez demandé. Un clic suffit pour y mettre fin :",
        ),
    };
    let subject = if subject.is_empty() { welcome_subject } else { subject };
    let text = if text.is_empty() { welcome } else { text.trim_end() };
    (subject.to_owned(), format!("{text}\n\n--\n{leave}\n{link}\n\nAsk N Pic\n"))
}

/// Subject and text of the email to a candidate for the beta test (promise a07).
pub(crate) fn beta_confirm(language: Language, link: &str) -> (&'static str, String) {
    match language {
        Language::En => (
            "Your candidacy for the Ask N Pic beta",
            format!(
                "Hello,\n\nPlease confirm here that the candidacy for our beta test is yours. On the same page you can change, at any \
                 time, each of your two choices: taking part, and letting your generations improve the model.\n\n{link}\n\nA person \
                 reads every candidacy. If it was not you, do nothing: it is forgotten after seven days.\n\nAsk N Pic\n"
            ),
        ),
        Language::Fr => (
            "Votre candidature à la bêta d'Ask N Pic",
            format!(
                "Bonjour,\n\nConfirmez ici que la candidature à notre test bêta est bien la vôtre. Sur la même page vous pouvez changer, à \
                 tout moment, chacun de vos deux choix : participer, et laisser vos générations améliorer le modèle.\n\n{link}\n\nUne \
                 personne lit chaque candidature. Si ce n'était pas vous, ne faites rien : elle sera oubliée après sept jours.\n\nAsk N Pic\n"
            ),
        ),
    }
}

/// Subject and text of the email to a candidate about whom a person has decided.
pub(crate) fn beta_decided(language: Language, accepted: bool, link: &str) -> (&'static str, String) {
    match (language, accepted) {
        (Language::En, true) => (
            "Welcome to the Ask N Pic beta",
            format!(
                "Hello,\n\nYou are one of our beta testers: sign up with this address. Your two choices can be changed here at any \
                 time:\n\n{link}\n\nAsk N Pic\n"
            ),
        ),
        (Language::En, false) => (
            "Your candidacy for the Ask N Pic beta",
            "Hello,\n\nThank you for your candidacy. There were more of them than places, and this time yours is not among the chosen.\n\n\
             Ask N Pic\n"
                .to_owned(),
        ),
        (Language::Fr, true) => (
            "Bienvenue dans la bêta d'Ask N Pic",
            format!(
                "Bonjour,\n\nVous faites partie de nos testeurs : inscrivez-vous avec cette adresse. Vos deux choix peuvent être changés ici \
                 à tout moment :\n\n{link}\n\nAsk N Pic\n"
            ),
        ),
        (Language::Fr, false) => (
            "Votre candidature à la bêta d'Ask N Pic",
            "Bonjour,\n\nMerci de votre candidature. Il y en avait plus que de places, et cette fois la vôtre n'est pas retenue.\n\n\
             Ask N Pic\n"
                .to_owned(),
        ),
    }
}

/// Subject and text of the email that says that support has answered.
pub(crate) fn support_answered(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::En => (
            "We have answered your request",
            "Hello,\n\nThere is an answer to your request. It is kept encrypted: sign in to read it.\n\nAsk N Pic\n",
        ),
        Language::Fr => (
            "Nous avons répondu à votre demande",
            "Bonjour,\n\nIl y a une réponse à votre demande. Elle est conservée chiffrée : connectez-vous pour la lire.\n\nAsk N Pic\n",
        ),
    }
}

/// Subject and text of the warning before an account is erased for inactivity; it names unspent credits (promise a48).
pub(crate) fn inactivity_warning(language: Language, on: &str, credits: i64) -> (&'static str, String) {
    match language {
        Language::En => {
            let unspent = if credits > 0 {
                format!("With it go the {credits} tokens of credit that you have not spent, and any subscription ends.")
            } else {
                "Any subscription ends with it.".to_owned()
            };
            (
                "Your Ask N Pic account will be erased",
                format!(
                    "Hello,\n\nYou have not used your account for eleven months. If it stays unused, it will be erased with all that is \
                     in it on {on}. {unspent}\n\nTo keep it, sign in before that day.\n\nAsk N Pic\n"
                ),
            )
        }
        Language::Fr => {
            let unspent = if credits > 0 {
                format!("Avec lui disparaîtront les {credits} jetons de crédit non utilisés, et tout abonnement prendra fin.")
            } else {
                "Tout abonnement prendra fin avec lui.".to_owned()
            };
            (
                "Votre compte Ask N Pic sera effacé",
                format!(
                    "Bonjour,\n\nVous n'avez pas utilisé votre compte depuis onze mois. S'il reste inutilisé, il sera effacé avec tout ce \
                     qu'il contient le {on}. {unspent}\n\nPour le garder, connectez-vous avant ce jour.\n\nAsk N Pic\n"
                ),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://asknpic.example/reset-password#token=abc&<x>";

    fn all(french: bool) -> [Text; 14] {
        [
            Text::AddressTaken { french },
            Text::SessionReused { french },
            Text::ConfirmEmail { french, link: LINK.to_owned() },
            Text::ChangeEmail { french, link: LINK.to_owned() },
            Text::EmailChangeAsked { french },
            Text::EmailChanged { french },
            Text::ResetPassword { french, link: LINK.to_owned() },
            Text::PasswordChanged { french },
            Text::AccountStripped { french },
            Text::AccountErased { french, receipt: LINK.to_owned() },
            Text::ProviderClaim { french, provider: Provider::Google, link: LINK.to_owned() },
            Text::AccountReclaimed { french, provider: Provider::Google },
            Text::LinkAdded { french, provider: Provider::Google },
            Text::LinkRemoved { french, provider: Provider::Google },
        ]
    }

    #[test]
    fn promise_a77_every_marketing_mail_has_the_link_that_ends_it() {
        for language in [Language::En, Language::Fr] {
            for (subject, text) in [("", ""), ("News", "There is news.")] {
                let (found, body) = marketing(language, subject, text, "https://example.org/#token=x");
                assert!(!found.is_empty() && body.contains(text) && body.contains("https://example.org/#token=x"), "{body}");
            }
        }
    }

    #[test]
    fn promise_a48_the_warning_names_the_day_and_unspent_credits() {
        for language in [Language::En, Language::Fr] {
            let (_, with) = inactivity_warning(language, "2027-11-21", 4_711);
            let (_, without) = inactivity_warning(language, "2027-11-21", 0);
            assert!(with.contains("2027-11-21") && with.contains("4711"), "{with}");
            assert!(without.contains("2027-11-21") && !without.contains('0'.to_string().repeat(2).as_str()), "{without}");
        }
    }

    #[test]
    fn a_code_fits_one_sms() {
        for language in [Language::En, Language::Fr] {
            let text = code(language, "012345");
            assert!(text.starts_with("012345 ") && text.chars().count() <= 160, "{}", text.len());
        }
    }

    #[test]
    fn every_email_has_a_subject_and_a_text_in_both_languages() {
        let mut subjects = std::collections::BTreeSet::new();
        for (language, greeting) in [(Language::En, "Hello,"), (Language::Fr, "Bonjour,")] {
            for text in all(language == Language::Fr) {
                let mail = text.mail(language).expect("renders");
                assert!(mail.text.starts_with(greeting) && mail.text.ends_with("Ask N Pic\n"), "{}", mail.text);
                assert!(
                    !mail.subject.contains('\n') && !mail.text.contains("{{") && !mail.text.contains("\n\n\n"),
                    "{}",
                    mail.text
                );
                assert!(subjects.insert(mail.subject.clone()), "{}", mail.subject);
                if let Some(html) = mail.html {
                    assert!(html.contains(&format!("<html lang=\"{}\">", language.tag())) && html.matches("<p ").count() > 2);
                }
            }
        }
    }

    #[test]
    fn a_token_is_in_text_only_and_as_it_is() {
        for text in all(false) {
            let mail = text.mail(Language::En).expect("renders");
            assert_eq!(mail.text.contains(LINK), mail.html.is_none(), "{}", mail.subject);
        }
    }

    #[test]
    fn text_is_escaped_in_html() {
        let layout = Layout { language: "en", subject: "a<b", paragraphs: vec!["<script>", "&"] };
        let html = layout.render().expect("renders");
        assert!(!html.contains("<script>") && !html.contains("a<b"), "{html}");
    }
}
