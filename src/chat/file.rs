//! Files that messages carry.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ids::FileId;

/// A stored file as its readers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct File {
    pub id: FileId,
    pub name: String,
    /// The media type, from our own decoding.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    pub url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub animated: Option<bool>,
    /// A thumbhash, base 64, of at most 25 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
}
