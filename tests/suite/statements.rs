//! The statements of `store` against the schema: each is prepared as the role of each zone that sends it, and what a SQL function can
//! answer is what its caller decodes. A name that only one side knows fails here, and not in production as a column that cannot be decoded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use asknpic::migrate::{self, Database, RolePasswords, Urls};
use asknpic_local::tls;
use e2e::world::root;
use e2e::{Need, World};
use http::Method;
use serde_json::json;
use store::statement::{ALL, Home, List, Statement, Zone};
use tokio_postgres::Client;

fn database(home: Home) -> Database {
    match home {
        Home::Accounts => Database::Accounts,
        Home::Briefs => Database::Briefs,
        Home::Files => Database::Files,
        Home::Dataset => Database::Dataset,
    }
}

/// Every statement of a database.
fn statements(home: Home) -> impl Iterator<Item = &'static Statement> {
    ALL.iter().filter(move |(of, _)| *of == home).flat_map(|(_, modules)| modules.iter().copied().flatten())
}

/// How often the functions are replaced under load.
const REPLACED: usize = 20;

const HOMES: [Home; 4] = [Home::Accounts, Home::Briefs, Home::Files, Home::Dataset];

/// The function of `api` that a statement calls.
fn function(statement: &Statement) -> Option<&'static str> {
    let (_, call) = statement.sql.split_once("api.")?;
    call.split_once('(').map(|(name, _)| name)
}

/// The module a statement is declared in, and its own name.
fn place(statement: &Statement) -> (&'static str, &'static str) {
    let mut parts = statement.name.rsplit("::");
    let name = parts.next().unwrap();
    (parts.next().unwrap(), name)
}

#[e2e::test]
fn every_statement_is_registered_beside_the_file_of_its_function() {
    let store = root().join("components/lib/store");
    let (mut declared, mut lists) = (BTreeSet::new(), BTreeSet::new());
    for folder in ["src", "src/accounts"] {
        for entry in fs::read_dir(store.join(folder)).unwrap().map(|entry| entry.unwrap().path()) {
            let stem = entry.file_stem().unwrap().to_str().unwrap().to_owned();
            if entry.extension().is_none_or(|ending| ending != "rs") || stem == "statement" {
                continue;
            }
            let text = fs::read_to_string(&entry).unwrap();
            for line in text.lines().map(str::trim_start).filter(|line| line.contains(" for [") && line.ends_with(':')) {
                let name: String = line.chars().take_while(|c| c.is_alphanumeric()).collect();
                declared.insert((stem.clone(), name));
            }
            let enums = text.split("names! {").skip(1).filter_map(|block| block.split_once(" enum "));
            lists.extend(enums.map(|(_, rest)| rest.split(' ').next().unwrap().to_owned()));
        }
    }
    let mut registered = BTreeSet::new();
    for home in HOMES {
        for statement in statements(home) {
            let (module, name) = place(statement);
            // What the two content databases have in common is declared once.
            let stem = if ["briefs", "files"].contains(&module) { "content" } else { module };
            registered.insert((stem.to_owned(), name.to_owned()));
            if let Some(function) = function(statement) {
                let file = store.join(format!("schema/{}/functions/{stem}.sql", database(home)));
                let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                assert!(text.contains(&format!("function api.{function}(")), "{} has no {function}", file.display());
            }
        }
    }
    assert_eq!(registered, declared);
    let listed = HOMES.into_iter().flat_map(statements).flat_map(|statement| statement.lists).map(|list| list.name.to_owned());
    assert_eq!(listed.collect::<BTreeSet<_>>(), lists, "what is decoded as one of a list is declared with its statement");
    assert!(registered.len() > 100);
}

#[e2e::test]
async fn every_statement_is_prepared_as_the_role_of_each_of_its_zones() {
    let world = World::needing(&[Need::OwnDatabases, Need::Keys]).start().await;
    for home in HOMES {
        for zone in Zone::ALL {
            let mut of_zone = statements(home).filter(|statement| statement.zones.contains(&zone)).peekable();
            if of_zone.peek().is_none() {
                continue;
            }
            let url = world.zone_url(zone.role(), database(home));
            let client = tls::connect(&url, Some(world.cluster().ca_pem())).await.unwrap();
            for statement in of_zone {
                prepared(&client, statement)
                    .await
                    .unwrap_or_else(|error| panic!("{} as {}: {error}", statement.name, zone.role()));
            }
        }
        only_its_zones_may_call(&world.database(database(home)).await, home).await;
    }
}

/// Prepares a statement with the types that its values are sent as, and has it planned and begun, which checks every privilege.
async fn prepared(client: &Client, statement: &Statement) -> Result<(), String> {
    let text = |error: tokio_postgres::Error| error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
    let kinds: Vec<_> = statement.parameters.iter().map(|parameter| parameter.kind).collect();
    let highest = statement
        .sql
        .split('$')
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|number| number.parse::<usize>().ok()));
    if highest.max().unwrap_or(0) != kinds.len() {
        return Err(format!("{} values for {}", kinds.len(), statement.sql));
    }
    let list = |items: &[&str]| if items.is_empty() { String::new() } else { format!("({})", items.join(", ")) };
    let prepare = format!("prepare statement_under_test{} as {}", list(&kinds), statement.sql);
    client.batch_execute(&prepare).await.map_err(text)?;
    let explain = format!("explain execute statement_under_test{}", list(&vec!["null"; kinds.len()]));
    client.batch_execute(&explain).await.map_err(text)?;
    client.batch_execute("deallocate statement_under_test").await.map_err(text)
}

/// Of the functions that statements name, each is there once, and exactly the zones that send it may execute it.
async fn only_its_zones_may_call(owner: &Client, home: Home) {
    let mut zones = BTreeMap::<&str, BTreeSet<&str>>::new();
    for statement in statements(home) {
        if let Some(function) = function(statement) {
            zones.entry(function).or_default().extend(statement.zones.iter().map(|zone| zone.role()));
        }
    }
    let sql = "select count(*), array_agg(r.rolname::text) filter (where has_function_privilege(r.oid, p.oid, 'execute'))
               from pg_proc p cross join pg_roles r
               where p.pronamespace = 'api'::regnamespace and p.proname = $1 and r.rolname = any ($2)";
    let roles = Zone::ALL.map(Zone::role);
    for (function, expected) in zones {
        let row = owner.query_one(sql, &[&function, &roles.as_slice()]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 6, "{function} is not there once");
        let granted: BTreeSet<String> = row.get::<_, Option<Vec<String>>>(1).unwrap_or_default().into_iter().collect();
        assert_eq!(granted.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected, "{function}");
    }
}

#[e2e::test]
async fn what_a_function_can_answer_is_what_its_caller_decodes() {
    let world = World::needing(&[Need::OwnDatabases]).start().await;
    let client = world.accounts().await;
    let functions = Functions::load(&client).await;
    let mut listed = BTreeSet::new();
    // Functions whose callers share a list have it in common: no answer is unknown, and no arm is without a function.
    let mut shared = BTreeMap::<&[&str], BTreeSet<String>>::new();
    for statement in statements(Home::Accounts) {
        let Some(function) = function(statement) else { continue };
        for List { column, names, .. } in statement.lists {
            listed.insert((function, *column));
            let found = functions.answers(function, column, statement).unwrap_or_else(|error| panic!("{function}: {error}"));
            let known: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert!(found.is_subset(&known), "{function} answers {found:?}, {} decodes {known:?}", statement.name);
            shared.entry(names).or_default().extend(found);
        }
    }
    for (names, found) in shared {
        let known: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(found, known, "no function answers {:?}", known.difference(&found));
    }
    // And every function that answers with an outcome has its list.
    for statement in statements(Home::Accounts) {
        let Some(function) = function(statement) else { continue };
        if functions.has_outcome(function) {
            assert!(listed.contains(&(function, "outcome")), "{} has no list of outcomes", statement.name);
        }
    }
    assert!(listed.len() > 30, "{listed:?}");
}

/// What the catalogue says of the functions in `api`.
struct Functions {
    by_name: BTreeMap<String, Function>,
    /// The closed lists of columns of tables, by `table.column`: their check constraints.
    checks: BTreeMap<String, BTreeSet<String>>,
}

struct Function {
    tokens: Vec<Token>,
    parameters: BTreeSet<String>,
    /// Named result columns, in their order.
    columns: Vec<String>,
    /// Whether it returns one text and nothing else.
    is_text: bool,
    returns_table: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Symbol(&'static str),
    Other(char),
}

impl Functions {
    async fn load(client: &Client) -> Self {
        let sql = "select p.proname::text, p.prosrc, coalesce(p.proargnames, '{}'), coalesce(p.proargmodes::text[], '{}'),
                       p.prorettype = 'text'::regtype and not p.proretset, p.proretset
                   from pg_proc p where p.pronamespace = 'api'::regnamespace";
        let mut by_name = BTreeMap::new();
        for row in client.query(sql, &[]).await.unwrap() {
            let names: Vec<String> = row.get(2);
            let modes: Vec<String> = row.get(3);
            let of = |wanted: &[&str]| {
                let mode = |at: usize| modes.get(at).map_or("i", String::as_str);
                names
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| wanted.contains(&mode(*at)))
                    .map(|(_, name)| name.clone())
                    .collect::<Vec<_>>()
            };
            let columns = of(&["o", "b", "t"]);
            let source: String = row.get(1);
            let function = Function {
                tokens: tokens(&source),
                parameters: of(&["i", "b"]).into_iter().collect(),
                is_text: row.get::<_, bool>(4) && columns.len() < 2,
                columns,
                returns_table: row.get(5),
            };
            assert!(by_name.insert(row.get(0), function).is_none(), "{} is there twice", row.get::<_, String>(0));
        }
        let sql = "select c.conrelid::regclass::text || '.' || a.attname, pg_get_constraintdef(c.oid)
                   from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
                   where c.contype = 'c' and cardinality(c.conkey) = 1 and pg_get_constraintdef(c.oid) like '%= ANY (ARRAY[%'";
        let texts = |definition: &str| {
            let text = |token| if let Token::Text(text) = token { Some(text) } else { None };
            tokens(definition).into_iter().filter_map(text).collect()
        };
        let checks = client.query(sql, &[]).await.unwrap();
        let checks = checks.iter().map(|row| (row.get(0), texts(row.get(1)))).collect();
        Self { by_name, checks }
    }

    /// Whether callers get an outcome: in a column of that name, or as the one text it returns, of which there are several.
    fn has_outcome(&self, name: &str) -> bool {
        let function = &self.by_name[name];
        let names = function.results().into_iter().filter(|value| matches!(value, [Token::Text(_), ..]));
        function.columns.iter().any(|column| column == "outcome") || function.is_text && names.count() > 0
    }

    /// Everything that a function can answer in a column, by its source; an error where the source is not understood.
    fn answers(&self, name: &str, column: &str, statement: &Statement) -> Result<BTreeSet<String>, String> {
        let function = self.by_name.get(name).ok_or("is not there")?;
        let at = function.columns.iter().position(|known| known == column);
        // A column of a row that is read: what the table admits. Tables and modules have the same names where there is one to ask.
        if function.returns_table && at != Some(0) {
            let place = format!("{}.{column}", place(statement).0);
            return self.checks.get(&place).cloned().ok_or(format!("{place} has no check"));
        }
        let mut values = match at {
            Some(_) => function.assignments(column)?,
            None if function.is_text => function.results(),
            None => return Err(format!("returns no {column}")),
        };
        if function.returns_table {
            values.extend(function.selected());
        }
        let mut found = BTreeSet::new();
        for value in values {
            self.evaluate(function, value, column, statement, &mut found)?;
        }
        if found.is_empty() { Err(format!("nothing is known of {column}")) } else { Ok(found) }
    }

    fn evaluate(
        &self,
        function: &Function,
        value: &[Token],
        column: &str,
        statement: &Statement,
        found: &mut BTreeSet<String>,
    ) -> Result<(), String> {
        use Token::{Other, Symbol, Text, Word};
        match value {
            [Text(text)] | [Text(text), Symbol("::"), Word(_)] => {
                found.insert(text.clone());
            }
            [Word(null)] if null == "null" => {}
            [Word(case), .., Word(end)] if case == "case" && end == "end" => {
                for branch in branches(value)? {
                    self.evaluate(function, branch, column, statement, found)?;
                }
            }
            // What came in as a parameter: whatever the caller can send there.
            [Word(parameter)] if function.parameters.contains(parameter) => {
                let argument = statement.parameters.iter().find(|argument| parameter.strip_prefix("p_") == Some(argument.name));
                let names =
                    argument.filter(|argument| !argument.names.is_empty()).ok_or(format!("{parameter} can be anything"))?;
                found.extend(names.names.iter().map(|name| (*name).to_owned()));
            }
            // What another function has answered.
            [Word(variable), Other('.'), Word(of)] => {
                let called = function.called_into(variable).ok_or(format!("where does {variable} come from?"))?;
                found.extend(self.answers(&called, of, statement)?);
            }
            other => return Err(format!("{column} is not understood: {other:?}")),
        }
        Ok(())
    }
}

impl Function {
    /// Values assigned to a variable.
    fn assignments(&self, variable: &str) -> Result<Vec<&[Token]>, String> {
        let mut values = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            if matches!(token, Token::Word(word) if word == "into") {
                let targets =
                    self.tokens[at + 1..].iter().take_while(|token| matches!(token, Token::Word(_) | Token::Other(',')));
                let mut named = targets.take_while(|token| !is_word(token, "from"));
                if named.any(|token| is_word(token, variable)) {
                    return Err(format!("{variable} is selected into"));
                }
            }
            let starts = at == 0 || starts_statement(&self.tokens[at - 1]);
            let assigns = self.tokens.get(at + 1).is_some_and(|next| matches!(next, Token::Symbol(":=") | Token::Other('=')));
            if starts && assigns && is_word(token, variable) {
                values.push(until(&self.tokens[at + 2..], ';'));
            }
        }
        Ok(values)
    }

    /// Values returned, or the one that a function in SQL selects.
    fn results(&self) -> Vec<&[Token]> {
        let returns = |at: &usize| is_word(&self.tokens[*at], "return") && !is_word(&self.tokens[*at + 1], "query");
        let values = (0..self.tokens.len()).filter(returns).map(|at| until(&self.tokens[at + 1..], ';'));
        values.filter(|value| !value.is_empty()).collect()
    }

    /// The first column of the rows returned: of the select that a `return query` (or the function in SQL) ends in.
    fn selected(&self) -> Vec<&[Token]> {
        let mut found = Vec::new();
        let starts: Vec<usize> = (1..self.tokens.len())
            .filter(|at| is_word(&self.tokens[at - 1], "return") && is_word(&self.tokens[*at], "query"))
            .map(|at| at + 1)
            .collect();
        for start in if starts.is_empty() { vec![0] } else { starts } {
            let statement = until(&self.tokens[start..], ';');
            let mut depth = 0;
            for (at, token) in statement.iter().enumerate() {
                depth += nesting(token);
                // Whatever comes in round brackets is a subquery.
                if depth == 0 && is_word(token, "select") {
                    found.push(until(&statement[at + 1..], ','));
                }
            }
        }
        found
    }

    /// The function whose row a variable holds.
    fn called_into(&self, variable: &str) -> Option<String> {
        let from = self.tokens.windows(4).find_map(|window| match window {
            [Token::Word(into), Token::Word(name), Token::Word(from), Token::Word(function)]
                if into == "into" && name == variable && from == "from" =>
            {
                Some(function)
            }
            _ => None,
        })?;
        if from != "api" {
            return Some(from.clone());
        }
        let at = self.tokens.windows(2).position(|pair| is_word(&pair[0], "into") && is_word(&pair[1], variable))?;
        match self.tokens.get(at + 5) {
            Some(Token::Word(function)) => Some(function.clone()),
            _ => None,
        }
    }
}

fn is_word(token: &Token, wanted: &str) -> bool {
    matches!(token, Token::Word(word) if word == wanted)
}

fn starts_statement(before: &Token) -> bool {
    matches!(before, Token::Other(';')) || ["begin", "then", "else", "loop"].iter().any(|word| is_word(before, word))
}

fn nesting(token: &Token) -> i32 {
    match token {
        Token::Other('(') => 1,
        Token::Other(')') => -1,
        _ => 0,
    }
}

/// What comes before the next such sign that is in no brackets.
fn until(tokens: &[Token], sign: char) -> &[Token] {
    let mut depth = 0;
    let end = tokens.iter().position(|token| {
        depth += nesting(token);
        depth == 0 && *token == Token::Other(sign)
    });
    &tokens[..end.unwrap_or(tokens.len())]
}

/// The values of a `case`.
fn branches(case: &[Token]) -> Result<Vec<&[Token]>, String> {
    let (mut depth, mut begun, mut found) = (0, None, Vec::new());
    for (at, token) in case.iter().enumerate() {
        if is_word(token, "case") {
            depth += 1;
        }
        if depth == 1
            && ["when", "else", "end"].iter().any(|word| is_word(token, word))
            && let Some(start) = begun.take()
        {
            found.push(&case[start..at]);
        }
        if depth == 1 && (is_word(token, "then") || is_word(token, "else")) {
            begun = Some(at + 1);
        }
        if is_word(token, "end") {
            depth -= 1;
        }
    }
    if depth == 0 && !found.is_empty() { Ok(found) } else { Err(format!("a case is not understood: {case:?}")) }
}

/// A rough lexer of SQL, enough for the above.
fn tokens(source: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(quoted) = rest.strip_prefix('\'') {
            let mut text = String::new();
            let mut after = quoted;
            loop {
                let (part, next) = after.split_once('\'').expect("a quote that ends");
                text += part;
                after = next;
                let Some(more) = after.strip_prefix('\'') else { break };
                text.push('\'');
                after = more;
            }
            found.push(Token::Text(text));
            rest = after;
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            found.push(Token::Word(rest[..end].to_lowercase()));
            rest = &rest[end..];
        } else if let Some(symbol) = [":=", "::", "=>"].into_iter().find(|symbol| rest.starts_with(symbol)) {
            found.push(Token::Symbol(symbol));
            rest = &rest[symbol.len()..];
        } else {
            if !first.is_whitespace() {
                found.push(Token::Other(first));
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

#[e2e::test]
fn what_is_not_understood_of_a_function_is_an_error() {
    let statement = Statement { name: "a::B", sql: "", zones: &[], parameters: &[], lists: &[] };
    let answers = |source: &str| {
        let function = |source: &str| Function {
            tokens: tokens(source),
            parameters: ["p_text".to_owned()].into(),
            columns: vec!["outcome".to_owned()],
            is_text: false,
            returns_table: false,
        };
        let by_name = [("f".to_owned(), function(source)), ("g".to_owned(), function("begin outcome := 'c'; end"))].into();
        Functions { by_name, checks: BTreeMap::new() }.answers("f", "outcome", &statement)
    };
    let set = |names: &[&str]| Ok(names.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(answers("begin outcome := 'a'; -- outcome := 'x';\n outcome := 'it''s'::text; end"), set(&["a", "it's"]));
    assert_eq!(
        answers("begin outcome := case x when 'y' then case when z then 'a' else null end else 'b' end; end"),
        set(&["a", "b"])
    );
    assert_eq!(
        answers(
            "begin select * into v from api.g(1, ';'); outcome := v.outcome; if outcome = 'x' then outcome = 'd'; end if; end"
        ),
        set(&["c", "d"])
    );
    for source in [
        "begin outcome := p_text; end",
        "begin outcome := v_text; end",
        "begin outcome := 'a' || 'b'; end",
        "begin outcome := v.outcome; end",
        "begin select 'a' into wait, outcome from x; end",
        "begin return; end",
    ] {
        assert!(answers(source).is_err(), "{source}");
    }
}

/// Makes `asknpic migrate` take the functions of every database for changed.
async fn forget_the_functions(world: &World) {
    for database in Database::ALL {
        let client = world.database(database).await;
        client.batch_execute("update schema_functions set hash = ''").await.unwrap();
    }
}

#[e2e::test]
async fn replacing_every_function_under_load_fails_no_request() {
    let world = World::needing(&[Need::OwnDatabases]).start().await;
    let person = world.person().await;
    let urls = Urls::new(|database| world.cluster().owner_url(&world.database_name(database)));
    let oid = "select 'api.me_read'::regproc::oid";
    let before: u32 = world.accounts().await.query_one(oid, &[]).await.unwrap().get(0);
    let done = AtomicBool::new(false);
    let (reads, writes) = (AtomicU32::new(0), AtomicU32::new(0));
    let read = async || {
        while !done.load(Ordering::Relaxed) {
            world.get("/v1/me").bearer(&person.access).send().await.expect(200);
            reads.fetch_add(1, Ordering::Relaxed);
        }
    };
    // It goes through a function that calls others, and that writes to three tables.
    let write = async || {
        while !done.load(Ordering::Relaxed) {
            let name = format!("Ada {}", writes.fetch_add(1, Ordering::Relaxed));
            let change = json!({ "first_name": name });
            world.call(Method::PATCH, "/v1/me").bearer(&person.access).json(&change).send().await.expect(200);
        }
    };
    let replace = async || {
        for _ in 0..REPLACED {
            forget_the_functions(&world).await;
            // Between two, so that each meets requests that the one before did not hold up.
            let (read, written) = (reads.load(Ordering::Relaxed), writes.load(Ordering::Relaxed));
            let ran = migrate::run(&urls, Some(world.cluster().ca_pem()), &RolePasswords::default(), |_| {}).await;
            ran.unwrap_or_else(|error| panic!("{error}"));
            while reads.load(Ordering::Relaxed) < read + 5 || writes.load(Ordering::Relaxed) < written + 2 {
                tokio::task::yield_now().await;
            }
        }
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(read(), read(), read(), write(), replace());
    let after: u32 = world.accounts().await.query_one(oid, &[]).await.unwrap().get(0);
    assert_ne!(before, after, "the functions are others");
}
