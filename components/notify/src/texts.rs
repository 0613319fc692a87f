//! The messages' texts, in English and French.

use domain::Language;

/// An SMS with a code. One SMS part: at most 160 characters of the GSM alphabet (the apostrophe and accents used are in it).
pub(crate) fn code(language: Language, code: &str) -> String {
    match language {
        Language::En => format!("{code} is your Ask N Pic code, good for 10 minutes. We never ask for it by phone or email."),
        Language::Fr => {
            format!("{code} est votre code Ask N Pic, valable 10 minutes. Nous ne le demandons jamais par appel ni email.")
        }
    }
}

/// Subject and text of the email to the owner of an address that somebody signed up with.
pub(crate) fn address_taken(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::En => (
            "You already have an Ask N Pic account",
            "Hello,\n\nSomebody, perhaps you, has just tried to sign up to Ask N Pic with this email address, which has an account \
             already. Nothing was changed.\n\nIf it was you, sign in with your password, or ask for a new one on the sign-in page. If it \
             was not you, there is nothing to do.\n\nAsk N Pic\n",
        ),
        Language::Fr => (
            "Vous avez déjà un compte Ask N Pic",
            "Bonjour,\n\nQuelqu'un, peut-être vous, vient d'essayer de s'inscrire à Ask N Pic avec cette adresse, qui a déjà un compte. \
             Rien n'a été modifié.\n\nSi c'était vous, connectez-vous avec votre mot de passe, ou demandez-en un nouveau sur la page de \
             connexion. Si ce n'était pas vous, il n'y a rien à faire.\n\nAsk N Pic\n",
        ),
    }
}

/// Subject and text of the email to somebody whose refresh token was presented twice.
pub(crate) fn session_reused(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::En => (
            "We ended one of your Ask N Pic sessions",
            "Hello,\n\nA sign-in of yours was used in two places in a way that should not happen, so we ended that session. If everything \
             looks right to you, just sign in again. If not, change your password.\n\nAsk N Pic\n",
        ),
        Language::Fr => (
            "Nous avons mis fin à une de vos sessions Ask N Pic",
            "Bonjour,\n\nUne de vos connexions a été utilisée à deux endroits d'une façon qui ne devrait pas arriver ; nous avons donc mis \
             fin à cette session. Si tout vous semble normal, reconnectez-vous simplement. Sinon, changez votre mot de passe.\n\nAsk N Pic\n",
        ),
    }
}

/// Subject and text of the email to somebody whose account was closed: the last one they get.
pub(crate) fn account_erased(language: Language, receipt: &str) -> (&'static str, String) {
    match language {
        Language::En => (
            "Your Ask N Pic account is closed",
            format!(
                "Hello,\n\nYour account is closed, and the key of your content is destroyed: nobody can decrypt it any more, nor can we. What \
                 is left of it is being deleted.\n\nYour signed receipt, which tells what is done and what the law makes us keep, and until \
                 when:\n{receipt}\n\nWe do not have your address any more. This is the last message.\n\nAsk N Pic\n"
            ),
        ),
        Language::Fr => (
            "Votre compte Ask N Pic est fermé",
            format!(
                "Bonjour,\n\nVotre compte est fermé et la clé de vos contenus est détruite : plus personne ne peut les déchiffrer, nous non \
                 plus. Ce qui en reste est en cours de suppression.\n\nVotre reçu signé, qui dit ce qui est fait, ce que la loi nous fait \
                 conserver, et jusqu'à quand :\n{receipt}\n\nNous n'avons plus votre adresse. Ceci est le dernier message.\n\nAsk N Pic\n"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_fits_one_sms() {
        for language in [Language::En, Language::Fr] {
            let text = code(language, "012345");
            assert!(text.starts_with("012345 ") && text.chars().count() <= 160, "{}", text.len());
        }
    }
}
