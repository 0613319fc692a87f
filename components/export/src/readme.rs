//! The archive's `README.txt`, in the person's language: what each file is.

use domain::Language;

/// The text.
pub(crate) fn text(language: Language) -> &'static str {
    match language {
        Language::En => ENGLISH,
        Language::Fr => FRENCH,
    }
}

const ENGLISH: &str = "\
Everything Ask N Pic holds about you, as it was when this archive was made.
Times are in UTC. Files ending in .json are for machines too; any text editor opens them.

account.json          your account: address, phone, names, language, plan, restriction, objection
sessions.json         where you are signed in: when each session began and ends
links.json            the providers you can sign in with
security-events.json  sign-ins, codes, changes of password and the like, with the IP address, for one year
consents.json         every consent you gave or withdrew, when, and to which version of the text
requests.json         every right you exercised, when, and when it was answered
usage.json            tokens used by day
billing.json          credits, payments and Stripe's identifiers; card data is at Stripe only
support.json          what you wrote to support, and what support answered
waitlist.json         your place on the waitlist, if your address is confirmed
beta.json             your candidacy for the beta test, if your address is confirmed
evidence.json         whether evidence of a serious breach of contract is kept about you, since when and until when
manifest.json         every file of this archive with its SHA-256, to check that it is whole

generations/<id>/     one folder for each generation
  metadata.json         when, with which plan, prompt version, model and figures: the whole way from brief to file
  brief.txt             what you asked for
  brief.translated.txt  the same as the model got it, where it was translated
  file.json             the parametric file as delivered
  raw.json              the file as the model wrote it, where it was corrected
  rejected.json         a file of the model's that could not be used, where it was kept
  corrections.json      what was corrected
  visual.svg            the picture (made by AI)
Briefs and files are there as long as their content is kept; the metadata stays with your account.

Not in here, because they would only serve somebody who wants to sign in as you or to decrypt your content: the hash of your
password, the hashes of tokens and codes, and the salt of your key.

Not in here, because nothing that serves this archive can read it: the content of evidence, and the copies that the training dataset
has of your briefs and files where you agreed to it (consents.json), with names and addresses taken out. Ask support for them.
";

const FRENCH: &str = "\
Tout ce qu'Ask N Pic détient à votre sujet, au moment où cette archive a été faite.
Les heures sont en UTC. Les fichiers .json sont aussi lisibles par une machine ; tout éditeur de texte les ouvre.

account.json          votre compte : adresse, téléphone, noms, langue, offre, limitation, opposition
sessions.json         vos connexions : début et fin de chaque session
links.json            les fournisseurs par lesquels vous pouvez vous connecter
security-events.json  connexions, codes, changements de mot de passe, etc., avec l'adresse IP, sur un an
consents.json         chaque consentement donné ou retiré, quand, et pour quelle version du texte
requests.json         chaque droit exercé, quand, et la date de la réponse
usage.json            jetons utilisés par jour
billing.json          crédits, paiements et identifiants Stripe ; les données de carte sont chez Stripe seul
support.json          ce que vous avez écrit au support, et ses réponses
waitlist.json         votre place sur la liste d'attente, si votre adresse est confirmée
beta.json             votre candidature au test bêta, si votre adresse est confirmée
evidence.json         si des preuves d'une violation grave du contrat sont conservées à votre sujet, depuis quand et jusqu'à quand
manifest.json         chaque fichier de cette archive avec son SHA-256, pour vérifier qu'elle est entière

generations/<id>/     un dossier par génération
  metadata.json         date, offre, version du prompt, modèle et chiffres : tout le chemin du brief au fichier
  brief.txt             ce que vous avez demandé
  brief.translated.txt  le même texte tel que le modèle l'a reçu, s'il a été traduit
  file.json             le fichier paramétrique livré
  raw.json              le fichier écrit par le modèle, s'il a été corrigé
  rejected.json         un fichier du modèle qui n'a pu servir, s'il a été conservé
  corrections.json      ce qui a été corrigé
  visual.svg            l'image (produite par IA)
Briefs et fichiers y sont tant que leur contenu est conservé ; les métadonnées restent avec votre compte.

Absents, car ils ne serviraient qu'à se connecter à votre place ou à déchiffrer votre contenu : l'empreinte de votre mot de passe,
celles des jetons et des codes, et le sel de votre clé.

Absents, car rien de ce qui produit cette archive ne peut les lire : le contenu des preuves, et les copies de vos briefs et fichiers que
contient le jeu de données d'entraînement si vous y avez consenti (consents.json), sans noms ni adresses. Demandez-les au support.
";
