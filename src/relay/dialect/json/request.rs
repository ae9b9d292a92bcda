//! Objects in: what a line asks for, and what is wrong with it if it is no request.
//!
//! Each question for a field has its error, which names the field and says what it must be. A field that is
//! `null` counts as missing, unless `has` asks.

use serde_json::{Map, Value};

use super::errors::RequestError;

/// One request: the object of one line.
#[derive(Debug)]
pub(super) struct JsonRequest {
    members: Map<String, Value>,
}

impl JsonRequest {
    /// # Errors
    ///
    /// A fault, if the line is no object.
    pub(super) fn parse(line: &[u8]) -> Result<Self, RequestError> {
        match serde_json::from_slice(line) {
            Ok(Value::Object(members)) => Ok(Self { members }),
            Ok(_) => Err(RequestError::new("bad_json", "a line is one JSON object")),
            Err(why) => Err(RequestError::new(
                "bad_json",
                &format!("that is no JSON object: {why}"),
            )),
        }
    }

    /// The `id`, as JSON, which the answer repeats; empty if there is none.
    ///
    /// # Errors
    ///
    /// A fault, if it is neither a text nor a whole number.
    pub(super) fn id(&self) -> Result<String, RequestError> {
        match self.members.get("id") {
            None | Some(Value::Null) => Ok(String::new()),
            Some(id @ Value::String(_)) => Ok(id.to_string()),
            // Others would not come back as they were written.
            Some(Value::Number(id)) if id.is_u64() || id.is_i64() => Ok(id.to_string()),
            Some(_) => Err(RequestError::field(
                "id",
                "a text or a whole number of 64 bits",
            )),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    ///
    /// A fault, if it is missing, or is no text.
    pub(super) fn text(&self, field: &'static str) -> Result<&str, RequestError> {
        self.optional(field)?
            .ok_or_else(|| RequestError::missing(field))
    }

    /// A text that may be missing, or null.
    ///
    /// # Errors
    ///
    /// A fault, if it is something else.
    pub(super) fn optional(&self, field: &'static str) -> Result<Option<&str>, RequestError> {
        match self.members.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(RequestError::field(field, "a text")),
        }
    }

    /// A number that may be missing.
    ///
    /// # Errors
    ///
    /// A fault, if it is something else, or not a whole one.
    pub(super) fn number(&self, field: &'static str) -> Result<Option<usize>, RequestError> {
        match self.members.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let number = value
                    .as_u64()
                    .and_then(|number| usize::try_from(number).ok());
                number
                    .map(Some)
                    .ok_or_else(|| RequestError::field(field, "a whole number"))
            }
        }
    }

    /// Returns whether a field is there, be it null.
    pub(super) fn has(&self, field: &str) -> bool {
        self.members.contains_key(field)
    }

    /// The objects of an array that must be there.
    ///
    /// # Errors
    ///
    /// A fault, if it is missing, or holds something else.
    pub(super) fn objects(&self, field: &'static str) -> Result<Vec<Self>, RequestError> {
        let Some(Value::Array(items)) = self.members.get(field) else {
            return Err(RequestError::field(field, "a list of objects"));
        };
        let object = |item: &Value| match item {
            Value::Object(members) => Ok(Self {
                members: members.clone(),
            }),
            _ => Err(RequestError::field(field, "a list of objects")),
        };
        items.iter().map(object).collect()
    }

    /// The members of an object of texts that may be missing.
    ///
    /// # Errors
    ///
    /// A fault, if it is something else.
    pub(super) fn texts(&self, field: &'static str) -> Result<Vec<(&str, &str)>, RequestError> {
        let members = match self.members.get(field) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Object(members)) => members,
            Some(_) => return Err(RequestError::field(field, "an object of texts")),
        };
        let texts = members
            .iter()
            .map(|(key, value)| Some((&**key, value.as_str()?)));
        let texts: Option<Vec<_>> = texts.collect();
        texts.ok_or_else(|| RequestError::field(field, "an object of texts"))
    }

    /// A field that is true or false; true if it is missing.
    ///
    /// # Errors
    ///
    /// A fault, if it is neither true nor false.
    pub(super) fn is_on(&self, field: &'static str) -> Result<bool, RequestError> {
        match self.members.get(field) {
            None | Some(Value::Null) => Ok(true),
            Some(Value::Bool(is_on)) => Ok(*is_on),
            Some(_) => Err(RequestError::field(field, "true or false")),
        }
    }
}
