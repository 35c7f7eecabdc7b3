//! Keys of a struct as its source declares them: names and options of serde, types in words, and doc comments.
use std::fs;
use std::path::Path;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, GenericArgument, Item, Lit, Meta, PathArguments, Token, Type};

/// A key of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Key {
    pub(super) name: String,
    /// Names of earlier versions that are still read.
    pub(super) aliases: Vec<String>,
    /// The type in words.
    pub(super) kind: String,
    pub(super) optional: bool,
    pub(super) about: About,
}

/// A doc comment: the meaning, then `Unit: ... Values: ... Default: ...`, each of which may be missing.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    pub(super) meaning: String,
    pub(super) unit: Option<String>,
    pub(super) values: Option<String>,
    pub(super) default: Option<String>,
}

impl About {
    /// Reads the text of a doc comment.
    pub(super) fn read(text: &str) -> Self {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let starts = ["Unit: ", "Values: ", "Default: "].map(|label| words.find(label));
        let part = |which: usize| {
            let start = starts[which]?;
            let end = starts.iter().flatten().copied().filter(|other| *other > start).min();
            let text = words[start..end.unwrap_or(words.len())].split_once(": ")?.1.trim();
            Some(text.trim_end_matches('.').to_owned())
        };
        let meaning = starts.iter().flatten().min().map_or(words.len(), |start| *start);
        Self { meaning: words[..meaning].trim().to_owned(), unit: part(0), values: part(1), default: part(2) }
    }
}

/// Types that are not structs of a file, in words.
const LEAVES: [(&str, &str); 18] = [
    ("AdminValue", "value"),
    ("Cgroups", "table of [tables](#cgroupsname)"),
    ("Class", "text"),
    ("Duration", "time"),
    ("Entry", "table"),
    ("Expectation", "text"),
    ("Limit", "whole number"),
    ("Pace", "text"),
    ("String", "text"),
    ("Table", "table"),
    ("Value", "list of texts"),
    ("Written", "table of tables"),
    ("bool", "true or false"),
    ("f64", "number"),
    ("i64", "whole number"),
    ("u32", "whole number"),
    ("u64", "whole number"),
    ("u8", "whole number"),
];

/// A source file, and the structs that the reference describes, each with its heading.
pub(super) struct Source<'a> {
    file: syn::File,
    structs: &'a [(&'a str, String)],
}

impl<'a> Source<'a> {
    /// Reads a file of the repository.
    pub(super) fn read(file: &str, structs: &'a [(&'a str, String)]) -> Self {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("rig is a folder of the repository");
        let text = fs::read_to_string(top.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        Self { file: syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}")), structs }
    }

    fn fields(&self, name: &str) -> (&[Attribute], impl Iterator<Item = &syn::Field>) {
        let found = self.file.items.iter().find_map(|item| match item {
            Item::Struct(found) if found.ident == name => Some(found),
            _ => None,
        });
        let found = found.unwrap_or_else(|| panic!("there is no struct {name}"));
        (&found.attrs, found.fields.iter())
    }

    /// Returns the keys of a struct, in its order.
    pub(super) fn keys(&self, name: &str) -> Vec<Key> {
        let (attributes, fields) = self.fields(name);
        let whole = serde(attributes);
        let key = |field: &syn::Field| {
            let own = serde(&field.attrs);
            let name = field.ident.as_ref().expect("named").to_string();
            let name = if whole.is_kebab { name.replace('_', "-") } else { name };
            Key {
                name: own.rename.unwrap_or(name),
                aliases: own.aliases,
                kind: self.words(&field.ty),
                optional: whole.has_default || own.has_default || is_option(&field.ty),
                about: About::read(&doc(&field.attrs)),
            }
        };
        fields.map(key).collect()
    }

    /// Returns the names of the fields of a struct, with their doc comments.
    pub(super) fn documented(&self, name: &str) -> Vec<(String, About)> {
        let name_of = |field: &syn::Field| field.ident.as_ref().expect("named").to_string();
        self.fields(name).1.map(|field| (name_of(field), About::read(&doc(&field.attrs)))).collect()
    }

    /// Returns the variants of an enum, with their doc comments.
    pub(super) fn variants(&self, name: &str) -> Vec<(String, About)> {
        let found = self.file.items.iter().find_map(|item| match item {
            Item::Enum(found) if found.ident == name => Some(found),
            _ => None,
        });
        let variants = &found.unwrap_or_else(|| panic!("there is no enum {name}")).variants;
        variants.iter().map(|one| (one.ident.to_string(), About::read(&doc(&one.attrs)))).collect()
    }

    /// Returns a type in words; a struct is a link to its table.
    fn words(&self, ty: &Type) -> String {
        let (name, inner) = parts(ty);
        let last = |inner: &[&Type]| inner.last().map(|inner| self.words(inner)).unwrap_or_default();
        match name.as_str() {
            "Spanned" | "Option" => last(&inner),
            "Vec" => format!("list of {}", plural(&last(&inner))),
            "OneOrMore" => format!("{} or a list of them", last(&inner)),
            "BTreeMap" => format!("table of {}", plural(&last(&inner))),
            _ => self.leaf(&name),
        }
    }

    fn leaf(&self, name: &str) -> String {
        if let Some((_, heading)) = self.structs.iter().find(|(known, _)| *known == name) {
            return format!("[table](#{})", anchor(heading));
        }
        let alias = self.file.items.iter().find_map(|item| match item {
            Item::Type(alias) if alias.ident == name => Some(&alias.ty),
            _ => None,
        });
        match (LEAVES.iter().find(|(known, _)| *known == name), alias) {
            (Some((_, words)), _) => (*words).to_owned(),
            (None, Some(ty)) => self.words(ty),
            (None, None) => panic!("the type {name} is neither a part of the reference nor known to it"),
        }
    }
}

/// Returns the anchor of a heading, as GitHub makes it.
pub(super) fn anchor(heading: &str) -> String {
    let plain = heading.to_lowercase().replace(' ', "-");
    plain.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

fn plural(words: &str) -> String {
    if words.contains("table") { words.replacen("table", "tables", 1) } else { format!("{words}s") }
}

/// Returns the last name of a path, and its type arguments.
fn parts(ty: &Type) -> (String, Vec<&Type>) {
    let Type::Path(path) = ty else { panic!("a type without a name") };
    let last = path.path.segments.last().expect("a path has a name");
    let inner = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => return (last.ident.to_string(), Vec::new()),
    };
    (last.ident.to_string(), inner.collect())
}

fn is_option(ty: &Type) -> bool {
    parts(ty).0 == "Option"
}

fn doc(attributes: &[Attribute]) -> String {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => text(&pair.value),
        _ => None,
    };
    attributes.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// The options of serde that decide how a key is read.
#[derive(Default)]
struct Serde {
    is_kebab: bool,
    has_default: bool,
    rename: Option<String>,
    aliases: Vec<String>,
}

fn serde(attributes: &[Attribute]) -> Serde {
    let mut found = Serde::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let options = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
        for option in options.expect("options of serde") {
            let name = option.path().get_ident().map(ToString::to_string).unwrap_or_default();
            let value = match &option {
                Meta::NameValue(pair) => text(&pair.value),
                _ => None,
            };
            match name.as_str() {
                "default" => found.has_default = true,
                "rename" => found.rename = value,
                "alias" => found.aliases.extend(value),
                "rename_all" => found.is_kebab = value.as_deref() == Some("kebab-case"),
                "deny_unknown_fields" | "skip_serializing_if" | "into" | "try_from" => {}
                other => panic!("the reference does not know the option `{other}` of serde"),
            }
        }
    }
    found
}
