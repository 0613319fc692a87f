//! The messages' texts, in English and French.

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

/// Subject and text of the email that has an address confirm that it is its owner who signs in with a provider.
pub(crate) fn provider_claim(language: Language, provider: Provider, url: &str) -> (String, String) {
    let name = provider.title();
    match language {
        Language::En => (
            format!("Confirm that you sign in to Ask N Pic with {name}"),
            format!(
                "Hello,\n\nSomebody has just signed in to Ask N Pic with a {name} account that has this email address. If it was you, follow \
                 this link within an hour; then sign in with {name} once more:\n\n{url}\n\nIf it was not you, do not follow the link: it \
                 would let that person in. Nothing happens without it.\n\nAsk N Pic\n"
            ),
        ),
        Language::Fr => (
            format!("Confirmez votre connexion à Ask N Pic par {name}"),
            format!(
                "Bonjour,\n\nQuelqu'un vient de se connecter à Ask N Pic avec un compte {name} qui porte cette adresse. Si c'était vous, \
                 suivez ce lien dans l'heure, puis connectez-vous à nouveau par {name} :\n\n{url}\n\nSi ce n'était pas vous, ne suivez \
                 pas ce lien : il donnerait accès à cette personne. Sans lui, il ne se passe rien.\n\nAsk N Pic\n"
            ),
        ),
    }
}

/// Subject and text of the email to the owner of an address whose account somebody else may have opened.
pub(crate) fn account_reclaimed(language: Language, provider: Provider) -> (&'static str, String) {
    let name = provider.title();
    match language {
        Language::En => (
            "Your Ask N Pic account was secured",
            format!(
                "Hello,\n\nThere was an Ask N Pic account with your email address that nobody had ever confirmed. You have now signed in \
                 with {name}, which vouches for the address, so the account is yours. Since somebody else may have opened it, its password, \
                 phone, sessions and links were removed.\n\nVerify your phone, and set a password if you want one.\n\nAsk N Pic\n"
            ),
        ),
        Language::Fr => (
            "Votre compte Ask N Pic a été sécurisé",
            format!(
                "Bonjour,\n\nIl existait un compte Ask N Pic avec votre adresse, que personne n'avait jamais confirmée. Vous venez de vous \
                 connecter par {name}, qui garantit cette adresse : le compte est donc à vous. Comme quelqu'un d'autre a pu l'ouvrir, son mot \
                 de passe, son téléphone, ses sessions et ses liens ont été supprimés.\n\nVérifiez votre téléphone et, si vous le souhaitez, \
                 définissez un mot de passe.\n\nAsk N Pic\n"
            ),
        ),
    }
}

/// Subject and text of the email to somebody whose account can now be signed in to with a provider.
pub(crate) fn link_added(language: Language, provider: Provider) -> (String, String) {
    let name = provider.title();
    match language {
        Language::En => (
            format!("{name} was linked to your Ask N Pic account"),
            format!(
                "Hello,\n\nYour Ask N Pic account can now be signed in to with {name}. If that was not you, remove the link in your \
                 account and change your password.\n\nAsk N Pic\n"
            ),
        ),
        Language::Fr => (
            format!("{name} a été lié à votre compte Ask N Pic"),
            format!(
                "Bonjour,\n\nOn peut désormais se connecter à votre compte Ask N Pic par {name}. Si ce n'était pas vous, supprimez ce lien \
                 dans votre compte et changez de mot de passe.\n\nAsk N Pic\n"
            ),
        ),
    }
}

/// Subject and text of the email to somebody whose account can no longer be signed in to with a provider.
pub(crate) fn link_removed(language: Language, provider: Provider) -> (String, String) {
    let name = provider.title();
    match language {
        Language::En => (
            format!("{name} was removed from your Ask N Pic account"),
            format!(
                "Hello,\n\nYour Ask N Pic account can no longer be signed in to with {name}. If that was not you, change your \
                 password.\n\nAsk N Pic\n"
            ),
        ),
        Language::Fr => (
            format!("{name} a été retiré de votre compte Ask N Pic"),
            format!(
                "Bonjour,\n\nOn ne peut plus se connecter à votre compte Ask N Pic par {name}. Si ce n'était pas vous, changez de mot de \
                 passe.\n\nAsk N Pic\n"
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
