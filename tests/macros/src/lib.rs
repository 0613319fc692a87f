//! `#[e2e::test]`. Named by the crate `e2e`, whose harness runs what it registers.

use proc_macro::{TokenStream, TokenTree};

/// Makes a function without arguments a test of the suite. An `async` one gets a runtime of four threads; `#[ignore = "reason"]`
/// below it keeps it out of ordinary runs, as everywhere.
#[proc_macro_attribute]
pub fn test(_: TokenStream, item: TokenStream) -> TokenStream {
    let mut function = Vec::new();
    let (mut reason, mut is_async, mut name) = (None, false, None);
    let mut tokens = item.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (&token, tokens.peek()) {
            (TokenTree::Punct(punct), Some(TokenTree::Group(group))) if punct.as_char() == '#' && is_ignore(&group.stream()) => {
                reason = group.stream().into_iter().nth(2);
                tokens.next();
                continue;
            }
            (TokenTree::Ident(word), _) if name.is_none() && word.to_string() == "async" => is_async = true,
            (TokenTree::Ident(word), Some(TokenTree::Ident(next))) if name.is_none() && word.to_string() == "fn" => {
                name = Some(next.to_string());
            }
            _ => {}
        }
        function.push(token);
    }
    let Some(name) = name else { return error("only a function can be a test") };
    let ignored = reason.map_or_else(|| "None".to_owned(), |reason| format!("Some({reason})"));
    let body = if is_async { format!("Async(|| ::std::boxed::Box::pin({name}()))") } else { format!("Plain({name})") };
    let case = format!(
        "::e2e::harness::inventory::submit! {{ ::e2e::harness::Case {{ module: ::core::module_path!(), name: \"{name}\",
         ignored: {ignored}, body: ::e2e::harness::Body::{body} }} }}"
    );
    let Ok(case) = case.parse::<TokenStream>() else { return error("#[ignore] needs a reason: #[ignore = \"…\"]") };
    function.into_iter().chain(case).collect()
}

fn is_ignore(attribute: &TokenStream) -> bool {
    matches!(attribute.clone().into_iter().next(), Some(TokenTree::Ident(word)) if word.to_string() == "ignore")
}

fn error(message: &str) -> TokenStream {
    format!("::core::compile_error!({message:?});").parse().unwrap_or_default()
}
