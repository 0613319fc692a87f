//! Errors as `application/problem+json` (RFC 9457), in the caller's language.
//!
//! A handler returns a [`Problem`]; [`crate::serve`] turns it into a body once language and request id are known.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use domain::Language;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $name:literal $status:ident, $en:literal: $en_detail:literal, $fr:literal: $fr_detail:literal;)*) => {
        /// The problems of the contract. The name ends `type`; the status goes with it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$doc])* $variant,)*
        }

        impl Kind {
            /// Every kind, for the OpenAPI document and tests.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name as in the contract.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),* }
            }

            fn text(self, language: Language) -> (&'static str, &'static str) {
                match (self, language) {
                    $((Self::$variant, Language::En) => ($en, $en_detail), (Self::$variant, Language::Fr) => ($fr, $fr_detail),)*
                }
            }
        }
    };
}

kinds! {
    /// No token, or one that is not good.
    Unauthenticated "unauthenticated" UNAUTHORIZED,
        "Not signed in": "Sign in and send the access token as a bearer token.",
        "Non connecté": "Connectez-vous et envoyez le jeton d'accès comme jeton porteur.";
    /// The password that the account has now is another.
    CurrentPasswordInvalid "current-password-invalid" UNPROCESSABLE_ENTITY,
        "Wrong password": "The current password is not the one you gave.",
        "Mot de passe erroné": "Le mot de passe actuel n'est pas celui que vous avez donné.";
    /// The token of a mail is unknown, used, replaced or too old.
    TokenExpired "token-expired" GONE,
        "Link no longer valid": "The link was used before or is too old. Ask for a new one.",
        "Lien périmé": "Ce lien a déjà servi ou est trop ancien. Demandez-en un nouveau.";
    /// No such thing, or somebody else's.
    NotFound "not-found" NOT_FOUND,
        "Not found": "There is nothing at this address.",
        "Introuvable": "Il n'y a rien à cette adresse.";
    /// The path exists, the method does not.
    MethodNotAllowed "method-not-allowed" METHOD_NOT_ALLOWED,
        "Method not allowed": "This address does not take this method; see the Allow header.",
        "Méthode non autorisée": "Cette adresse n'accepte pas cette méthode ; voir l'en-tête Allow.";
    /// Not JSON.
    MalformedBody "malformed-body" BAD_REQUEST,
        "Malformed body": "The body is not well-formed JSON in UTF-8.",
        "Corps mal formé": "Le corps n'est pas du JSON bien formé en UTF-8.";
    /// Two refresh cookies, a bad header and the like.
    MalformedRequest "malformed-request" BAD_REQUEST,
        "Malformed request": "The request contradicts itself or is not well-formed.",
        "Requête mal formée": "La requête se contredit ou n'est pas bien formée.";
    /// More bytes than the route takes.
    PayloadTooLarge "payload-too-large" PAYLOAD_TOO_LARGE,
        "Body too large": "The body is larger than this address takes.",
        "Corps trop grand": "Le corps dépasse ce que cette adresse accepte.";
    /// Not the media type or an encoding the route takes.
    UnsupportedMediaType "unsupported-media-type" UNSUPPORTED_MEDIA_TYPE,
        "Unsupported media type": "Send application/json without a Content-Encoding.",
        "Type de média non pris en charge": "Envoyez application/json sans Content-Encoding.";
    /// Well-formed with bad values; see `errors`.
    InvalidRequest "invalid-request" UNPROCESSABLE_ENTITY,
        "Invalid request": "Some values are not acceptable; see errors.",
        "Requête invalide": "Certaines valeurs ne conviennent pas ; voir errors.";
    /// Too much at a time; see `Retry-After`.
    RateLimited "rate-limited" TOO_MANY_REQUESTS,
        "Too many requests": "Wait as long as Retry-After says, then try again.",
        "Trop de requêtes": "Attendez le temps indiqué par Retry-After, puis réessayez.";
    /// Our mistake.
    Internal "internal" INTERNAL_SERVER_ERROR,
        "Internal error": "Something went wrong on our side. The request id helps us find it.",
        "Erreur interne": "Une erreur s'est produite de notre côté. L'identifiant de requête nous aide à la trouver.";
    /// The operator has not given this component what it needs.
    NotConfigured "not-configured" SERVICE_UNAVAILABLE,
        "Not configured": "This service is not fully configured yet.",
        "Non configuré": "Ce service n'est pas encore entièrement configuré.";
    /// A dependency does not answer.
    Unavailable "unavailable" SERVICE_UNAVAILABLE,
        "Temporarily unavailable": "A service we depend on does not answer. Nothing was lost; try again shortly.",
        "Temporairement indisponible": "Un service dont nous dépendons ne répond pas. Rien n'est perdu ; réessayez sous peu.";
    /// A wrong code; `attempts_left`.
    OtpInvalid "otp-invalid" UNPROCESSABLE_ENTITY,
        "Wrong code": "The code is not the one we sent.",
        "Code erroné": "Le code n'est pas celui que nous avons envoyé.";
    /// The code or its verification is too old.
    OtpExpired "otp-expired" GONE,
        "Code expired": "The code is no longer valid. Ask for a new one, or sign up again.",
        "Code expiré": "Le code n'est plus valable. Demandez-en un nouveau ou inscrivez-vous à nouveau.";
    /// Too many wrong codes.
    OtpLocked "otp-locked" TOO_MANY_REQUESTS,
        "Too many wrong codes": "Wait as long as Retry-After says, then ask for a new code.",
        "Trop de codes erronés": "Attendez le temps indiqué par Retry-After, puis demandez un nouveau code.";
    /// Blocked until support lifts it.
    AccountBlocked "account-blocked" FORBIDDEN,
        "Account blocked": "The account is blocked. Write to support to have it unblocked.",
        "Compte bloqué": "Le compte est bloqué. Écrivez au support pour le débloquer.";
    /// Wrong email or password.
    CredentialsInvalid "credentials-invalid" UNAUTHORIZED,
        "Wrong email or password": "The email or the password is not right.",
        "Adresse ou mot de passe erroné": "L'adresse ou le mot de passe n'est pas correct.";
    /// The phone was never verified; `verification_id` where a code waits.
    PhoneUnverified "phone-unverified" FORBIDDEN,
        "Phone not verified": "Verify your phone with the code we sent by SMS.",
        "Téléphone non vérifié": "Vérifiez votre téléphone avec le code envoyé par SMS.";
    /// Too many wrong passwords.
    AccountLocked "account-locked" TOO_MANY_REQUESTS,
        "Too many attempts": "Wait as long as Retry-After says, then try again.",
        "Trop de tentatives": "Attendez le temps indiqué par Retry-After, puis réessayez.";
    /// The refresh cookie is missing, unknown, used or too old.
    SessionInvalid "session-invalid" UNAUTHORIZED,
        "Session ended": "The session has ended. Sign in again.",
        "Session terminée": "La session est terminée. Connectez-vous à nouveau.";
    /// A page of another origin called.
    OriginRefused "origin-refused" FORBIDDEN,
        "Origin refused": "This address only answers our own pages.",
        "Origine refusée": "Cette adresse ne répond qu'à nos propres pages.";
    /// The session is not recent enough for this.
    ReauthenticationRequired "reauthentication-required" FORBIDDEN,
        "Confirm it is you": "Sign in again, or enter a fresh code, then repeat this within ten minutes.",
        "Confirmez votre identité": "Reconnectez-vous ou saisissez un nouveau code, puis répétez dans les dix minutes.";
    /// A sign-in with a provider did not come to an end that can be believed.
    OauthFailed "oauth-failed" BAD_REQUEST,
        "Sign-in with the provider failed": "The sign-in was broken off, took too long, or was not begun in this browser. Begin again.",
        "La connexion par le fournisseur a échoué": "La connexion a été interrompue, a duré trop longtemps ou n'a pas commencé dans ce navigateur. Recommencez.";
    /// The provider does not vouch for the address, known to us or not.
    EmailUnverified "email-unverified" CONFLICT,
        "Email not verified": "The provider does not vouch for your email address. If you received an email from us, follow it and sign in again; otherwise verify the address with the provider.",
        "Adresse non vérifiée": "Le fournisseur ne garantit pas votre adresse email. Si vous avez reçu un email de notre part, suivez-le puis reconnectez-vous ; sinon, vérifiez l'adresse chez le fournisseur.";
    /// The external account is another person's here, or there is a link with the provider already.
    LinkConflict "link-conflict" CONFLICT,
        "Already linked": "This external account belongs to another account here, or another one of this provider is linked already.",
        "Déjà lié": "Ce compte externe appartient ici à un autre compte, ou un autre compte de ce fournisseur est déjà lié.";
    /// Without it nobody could sign in any more.
    LastLink "last-link" CONFLICT,
        "Last way to sign in": "This is the only way to sign in to this account. Set a password or link another provider first.",
        "Dernier moyen de connexion": "C'est le seul moyen de se connecter à ce compte. Définissez d'abord un mot de passe ou liez un autre fournisseur.";
    /// The rest of the day's tokens, or of the credits, is set aside for generations that run.
    QuotaReserved "quota-reserved" TOO_MANY_REQUESTS,
        "Tokens set aside for what runs": "What is left of today's tokens is set aside for your running generations. Ask again when one has ended.",
        "Réservé aux générations en cours": "Ce qui reste des jetons du jour est réservé à vos générations en cours. Redemandez quand l'une d'elles sera terminée.";
    /// The day's tokens do not suffice; `quota`, `used`, `credits`.
    QuotaExhausted "quota-exhausted" PAYMENT_REQUIRED,
        "Daily quota used up": "Today's tokens do not suffice for another generation.",
        "Quota du jour épuisé": "Les jetons du jour ne suffisent pas pour une autre génération.";
    /// Moderation refused the brief; `category`.
    BriefRefused "brief-refused" UNPROCESSABLE_ENTITY,
        "Brief refused": "We do not make visuals of what this brief asks for. Nothing was charged and nothing kept of it.",
        "Brief refusé": "Nous ne réalisons pas de visuel de ce que ce brief demande. Rien n'a été facturé ni conservé.";
    /// The person has frozen the processing of their data.
    ProcessingRestricted "processing-restricted" FORBIDDEN,
        "Processing restricted": "You have restricted the processing of your data; lift the restriction to generate.",
        "Traitement limité": "Vous avez limité le traitement de vos données ; levez la limitation pour générer.";
    /// The key was used with another body.
    IdempotencyConflict "idempotency-conflict" CONFLICT,
        "Key used before": "This Idempotency-Key was used with another body.",
        "Clé déjà utilisée": "Cette Idempotency-Key a servi avec un autre corps.";
    /// It still runs.
    GenerationRunning "generation-running" CONFLICT,
        "Still running": "The generation is still running; try again when it has ended.",
        "Encore en cours": "La génération est encore en cours ; réessayez quand elle sera terminée.";
    /// The content was deleted or its time is up.
    ContentExpired "content-expired" GONE,
        "Content no longer kept": "The content of this generation is no longer kept.",
        "Contenu supprimé": "Le contenu de cette génération n'est plus conservé.";
    /// A webhook delivery that Stripe has not signed, or not just now.
    SignatureInvalid "signature-invalid" BAD_REQUEST,
        "Signature invalid": "The delivery is not signed by Stripe, or its signature is too old.",
        "Signature non valable": "La livraison n'est pas signée par Stripe, ou sa signature est trop ancienne.";
    /// Unknown, used or expired alike.
    GiftCodeInvalid "gift-code-invalid" NOT_FOUND,
        "Gift code not valid": "There is no such gift code, or it was used or has expired.",
        "Code cadeau non valable": "Ce code cadeau n'existe pas, a été utilisé ou a expiré.";
    /// The model wrote nothing that can be used, twice.
    ModelInvalidOutput "model-invalid-output" BAD_GATEWAY,
        "The model's answer was unusable": "The model did not write a usable file. Nothing was charged; try again or rephrase the brief.",
        "Réponse du modèle inutilisable": "Le modèle n'a pas écrit de fichier utilisable. Rien n'a été facturé ; réessayez ou reformulez.";
    /// The model host does not answer.
    ModelUnavailable "model-unavailable" SERVICE_UNAVAILABLE,
        "Model unavailable": "The model does not answer at the moment. Nothing was charged; try again shortly.",
        "Modèle indisponible": "Le modèle ne répond pas pour le moment. Rien n'a été facturé ; réessayez sous peu.";
    /// The model took too long.
    ModelTimeout "model-timeout" GATEWAY_TIMEOUT,
        "The model took too long": "The model did not finish in time. Nothing was charged; try again shortly.",
        "Le modèle a mis trop de temps": "Le modèle n'a pas terminé à temps. Rien n'a été facturé ; réessayez sous peu.";
}

impl Kind {
    /// The kind of a name, as stored with a failed generation.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// One value that is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// The field, dotted for nested ones.
    pub field: String,
    /// What it must be, in English.
    pub message: String,
}

/// A problem to answer with.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: Kind,
    detail: Option<Cow<'static, str>>,
    members: Map<String, Value>,
    retry_after: Option<i64>,
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Self { kind, detail: None, members: Map::new(), retry_after: None }
    }
}

impl Problem {
    /// 422 with one bad field.
    #[must_use]
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::fields(&[FieldError { field: field.to_owned(), message: message.into() }])
    }

    /// 422 with its bad fields.
    #[must_use]
    pub fn fields(errors: &[FieldError]) -> Self {
        Self::from(Kind::InvalidRequest).with("errors", json!(errors))
    }

    /// 429 (or another kind) with `Retry-After` in seconds.
    #[must_use]
    pub fn retry(kind: Kind, seconds: impl Into<i64>) -> Self {
        Self { retry_after: Some(seconds.into().max(1)), ..Self::from(kind) }
    }

    /// Adds an extension member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Replaces the kind's own detail.
    #[must_use]
    pub fn detailed(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The document, in a language.
    #[must_use]
    pub fn document(&self, language: Language, request_id: Uuid) -> Value {
        let (title, detail) = self.kind.text(language);
        let mut document = json!({
            "type": format!("urn:asknpic:problem:{}", self.kind.name()),
            "title": title,
            "status": self.kind.status().as_u16(),
            "detail": self.detail.as_deref().unwrap_or(detail),
            "request_id": request_id,
        });
        if let Some(object) = document.as_object_mut() {
            object.extend(self.members.clone());
        }
        document
    }

    /// The whole answer, in a language. Header fields that the response already has stay.
    pub(crate) fn render(&self, response: &mut Response, language: Language, request_id: Uuid) {
        let body = self.document(language, request_id).to_string();
        *response.status_mut() = self.kind.status();
        *response.body_mut() = body.into();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        if self.kind.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"asknpic\""));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        crate::log::failure("database", &error);
        match error {
            store::Error::NotConfigured => Kind::NotConfigured.into(),
            store::Error::Unavailable => Self::retry(Kind::Unavailable, 5),
            store::Error::Sql { .. } | store::Error::Decode => Kind::Internal.into(),
        }
    }
}

impl From<vault::random::NoRandom> for Problem {
    fn from(error: vault::random::NoRandom) -> Self {
        crate::log::failure("random", &error);
        Kind::Internal.into()
    }
}

impl From<vault::BadSecret> for Problem {
    fn from(error: vault::BadSecret) -> Self {
        crate::log::failure("settings", &error);
        Kind::NotConfigured.into()
    }
}

/// The shape of a problem, for the OpenAPI document.
#[derive(utoipa::ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "documents the answer; the answer itself is made by `Problem::document`")]
pub struct ProblemDocument {
    /// `urn:asknpic:problem:<name>`.
    r#type: String,
    /// What kind of problem it is, in the caller's language.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What the caller can do about it.
    detail: String,
    /// The id to tell support.
    request_id: Uuid,
    /// The bad fields of an `invalid-request`.
    errors: Option<Vec<FieldError>>,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_texts_in_both_languages() {
        let names: HashSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert_ne!(kind.text(Language::En), kind.text(Language::Fr), "{}", kind.name());
            assert_eq!(Kind::from_name(kind.name()), Some(*kind));
        }
    }

    #[test]
    fn only_tokens_sessions_and_sign_in_are_401() {
        let unauthorized: Vec<_> =
            Kind::ALL.iter().filter(|kind| kind.status() == StatusCode::UNAUTHORIZED).map(|kind| kind.name()).collect();
        assert_eq!(unauthorized, ["unauthenticated", "credentials-invalid", "session-invalid"]);
    }

    #[test]
    fn a_document_has_the_members_of_rfc_9457_and_its_own() {
        let problem = Problem::from(Kind::OtpInvalid).with("attempts_left", 3);
        let document = problem.document(Language::Fr, Uuid::nil());
        assert_eq!(document["type"], "urn:asknpic:problem:otp-invalid");
        assert_eq!(document["status"], 422);
        assert_eq!(document["attempts_left"], 3);
        assert_eq!(document["title"], "Code erroné");
    }
}
