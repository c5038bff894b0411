//! The TypeScript types of `packages/client`, made from the two references of the wire.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use madang::error::Code;
use serde_json::{Map, Value};

/// What the documents call an error has another name here: TypeScript has an `Error` of its own.
const ERROR: &str = "Error";
const REFUSAL: &str = "Refusal";

/// A document and the names that its schemas have here.
struct Names<'a> {
    schemas: &'a Map<String, Value>,
    /// Schemas of REST that differ from those of the same name of the sockets.
    renamed: BTreeSet<String>,
}

impl Names<'_> {
    fn of(&self, name: &str) -> String {
        match name {
            ERROR => REFUSAL.into(),
            _ if self.renamed.contains(name) => format!("Rest{name}"),
            _ => name.into(),
        }
    }

    /// Returns a schema as a type that can stand inside of another one.
    fn inline(&self, schema: &Value) -> String {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.of(reference.rsplit('/').next().unwrap());
        }
        for (keyword, between) in [("oneOf", " | "), ("anyOf", " | "), ("allOf", " & ")] {
            if let Some(parts) = schema[keyword].as_array() {
                return parts.iter().map(|part| self.inline(part)).collect::<Vec<_>>().join(between);
            }
        }
        if let Some(values) = schema["enum"].as_array() {
            return values.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
        }
        if !schema["const"].is_null() {
            return schema["const"].to_string();
        }
        let kinds = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            kind => kind.as_str().into_iter().collect::<Vec<_>>(),
        };
        assert!(!kinds.is_empty(), "a schema without a type: {schema}");
        kinds.into_iter().map(|kind| self.kind(schema, kind)).collect::<Vec<_>>().join(" | ")
    }

    fn kind(&self, schema: &Value, kind: &str) -> String {
        match kind {
            "integer" | "number" => "number".into(),
            "string" | "boolean" | "null" => kind.into(),
            "array" => {
                let item = self.inline(&schema["items"]);
                if item.contains(' ') { format!("({item})[]") } else { format!("{item}[]") }
            }
            "object" => {
                let patterns = schema["patternProperties"].as_object().and_then(|patterns| patterns.values().next());
                match (
                    patterns.or(Some(&schema["additionalProperties"]).filter(|value| value.is_object())),
                    fields(schema),
                ) {
                    (Some(value), _) => format!("Record<string, {}>", self.inline(value)),
                    (None, Some(_)) => format!("{{\n{}}}", self.properties(schema, "  ")),
                    (None, None) => "object".into(),
                }
            }
            other => panic!("{other} has no type here"),
        }
    }

    fn properties(&self, schema: &Value, indent: &str) -> String {
        let required: Vec<_> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut made = String::new();
        for (name, property) in fields(schema).into_iter().flatten() {
            made += &comment(property["description"].as_str(), indent);
            let mark = if required.contains(&name.as_str()) { "" } else { "?" };
            let mut kind = self.inline(property);
            if kind == codes() {
                kind = "Code".into();
            }
            writeln!(made, "{indent}{name}{mark}: {kind};").unwrap();
        }
        made
    }

    /// Returns the declaration of a schema, with its name left out.
    fn declaration(&self, schema: &Value) -> String {
        match fields(schema) {
            Some(_) => format!("{{\n{}}}\n", self.properties(schema, "  ")),
            None => format!("= {};\n", self.inline(schema)),
        }
    }
}

fn fields(schema: &Value) -> Option<&Map<String, Value>> {
    schema["properties"].as_object().filter(|properties| !properties.is_empty())
}

fn comment(text: Option<&str>, indent: &str) -> String {
    text.map(|text| format!("{indent}/** {} */\n", text.replace('\n', " "))).unwrap_or_default()
}

fn codes() -> String {
    Code::ALL.iter().map(|code| format!("\"{}\"", code.name())).collect::<Vec<_>>().join(" | ")
}

/// Returns the types of both references. A schema of REST that differs from one of the sockets gets a name of its own.
pub(super) fn client_types(events: &Value, api: &Value) -> String {
    let schemas = |document: &'static str, value: &'_ Value| -> Map<String, Value> {
        value["components"]["schemas"].as_object().unwrap_or_else(|| panic!("{document} has no schemas")).clone()
    };
    let (of_sockets, of_rest) = (schemas("events", events), schemas("api", api));
    let sockets = Names { schemas: &of_sockets, renamed: BTreeSet::new() };
    let mut rest = Names { schemas: &of_rest, renamed: BTreeSet::new() };
    // A schema that contains one of those differs too.
    loop {
        let differs = |name: &&String| {
            let (Some(a), Some(b)) = (of_sockets.get(*name), of_rest.get(*name)) else { return false };
            without_comments(&sockets.declaration(a)) != without_comments(&rest.declaration(b))
        };
        let renamed: BTreeSet<_> = of_rest.keys().filter(differs).cloned().collect();
        if renamed == rest.renamed {
            break;
        }
        rest.renamed = renamed;
    }
    let mut declared = BTreeMap::new();
    for names in [&rest, &sockets] {
        for (name, schema) in names.schemas {
            let about = comment(schema["description"].as_str(), "");
            let declaration = names.declaration(schema);
            let (kind, name) = (if declaration.starts_with('=') { "type" } else { "interface" }, names.of(name));
            declared.insert(name.clone(), format!("\n{about}export {kind} {name} {declaration}"));
        }
    }
    let mut made = String::from(
        "// The types of the wire, generated from docs/events.json and docs/api.json:\n\
         // UPDATE=1 cargo test --workspace --test all reference\n",
    );
    let retryable: Vec<_> = Code::ALL.iter().filter(|code| code.is_retryable()).map(|code| code.name()).collect();
    write!(made, "\n/** The stable code of an error. */\nexport type Code = {};\n", codes()).unwrap();
    write!(made, "\n/** The codes with which the same request may succeed later. */\n").unwrap();
    writeln!(made, "export const RETRYABLE: readonly string[] = {retryable:?};").unwrap();
    declared.values().for_each(|declaration| made += declaration);
    made + &socket_events(&sockets, events) + &routes(&rest, api)
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("/**")).collect::<Vec<_>>().join("\n")
}

fn socket_events(names: &Names<'_>, events: &Value) -> String {
    let messages = |channel: &str| events["channels"][channel]["messages"].as_object().unwrap().clone();
    let chat = messages("chat");
    let mut made = String::from(
        "\n/** The events that clients send in `/chat`, and their answers. */\nexport interface Calls {\n",
    );
    for (key, message) in &chat {
        let Some(answer) = chat.get(&format!("{key}.answer")) else { continue };
        let answer = names.inline(&answer["payload"]["oneOf"][0]["allOf"][1]);
        made += &comment(message["summary"].as_str(), "  ");
        let name = message["name"].as_str().unwrap();
        writeln!(made, "  {name}: {{ payload: {}; answer: {answer} }};", names.inline(&message["payload"])).unwrap();
    }
    made += "}\n";
    for (name, channel) in [("ChatEvents", &chat), ("LobbyEvents", &messages("lobby"))] {
        let address = if name == "ChatEvents" { "/chat" } else { "/room" };
        writeln!(made, "\n/** The events that the server sends in `{address}`. */\nexport interface {name} {{")
            .unwrap();
        for message in channel.iter().filter(|(key, _)| key.starts_with("tell.")).map(|(_, message)| message) {
            made += &comment(message["summary"].as_str(), "  ");
            let name = message["name"].as_str().unwrap();
            writeln!(made, "  {name}: {};", names.inline(&message["payload"])).unwrap();
        }
        made += "}\n";
    }
    made
}

fn routes(names: &Names<'_>, api: &Value) -> String {
    let mut made = String::from("\n/** The calls of REST. */\nexport interface Routes {\n");
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, call) in methods.as_object().unwrap() {
            made += &comment(call["summary"].as_str(), "  ");
            writeln!(made, "  \"{} {path}\": {{", method.to_uppercase()).unwrap();
            made += &parameters(names, call, "path");
            made += &parameters(names, call, "query");
            made += &body(names, call);
            writeln!(made, "    answer: {};\n  }};", answer(names, call)).unwrap();
        }
    }
    made + "}\n"
}

fn parameters(names: &Names<'_>, call: &Value, place: &str) -> String {
    let given = call["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == place);
    let given: Vec<_> = given.collect();
    if given.is_empty() {
        return String::new();
    }
    let is_needed = |parameter: &Value| parameter["required"] == true;
    let mark = |needed: bool| if needed { "" } else { "?" };
    let mark_of_all = mark(given.iter().copied().any(is_needed));
    let line = |parameter: &Value| {
        let (name, kind) = (parameter["name"].as_str().unwrap(), names.inline(&parameter["schema"]));
        format!("{name}{}: {kind};", mark(is_needed(parameter)))
    };
    if given.iter().all(|parameter| parameter["schema"]["description"].is_null()) {
        let lines: Vec<_> = given.into_iter().map(line).collect();
        return format!("    {place}{mark_of_all}: {{ {} }};\n", lines.join(" ").trim_end_matches(';'));
    }
    let mut made = format!("    {place}{mark_of_all}: {{\n");
    for parameter in given {
        made += &comment(parameter["schema"]["description"].as_str(), "      ");
        writeln!(made, "      {}", line(parameter)).unwrap();
    }
    made + "    };\n"
}

fn body(names: &Names<'_>, call: &Value) -> String {
    let Some(content) = call["requestBody"]["content"].as_object() else { return String::new() };
    let kind = match content.get("application/json") {
        Some(json) => names.inline(&json["schema"]),
        None => "FormData".into(),
    };
    let mark = if call["requestBody"]["required"] == true { "" } else { "?" };
    format!("    body{mark}: {kind};\n")
}

fn answer(names: &Names<'_>, call: &Value) -> String {
    let answers = call["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'));
    let kinds: BTreeSet<_> = answers
        .map(|(status, response)| match &response["content"]["application/json"]["schema"] {
            Value::Null if status == "204" => "undefined".to_owned(),
            Value::Null => "unknown".to_owned(),
            schema => names.inline(schema),
        })
        .collect();
    kinds.into_iter().collect::<Vec<_>>().join(" | ")
}
