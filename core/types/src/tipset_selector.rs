//! Ways to name a tipset, as `/rpc/v2` takes them, and which tipsets are final.

use super::open_enum::text_enum;
use super::{TipSet, TipSetKey};
use crate::object;

/// Which tipset is meant: exactly one of a key, a height or a tag (Lotus `types.TipSetSelector`).
#[object]
#[derive(Eq, Hash)]
#[serde(rename_all = "camelCase")]
pub struct TipSetSelector {
    /// The one with this key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<TipSetKey>,
    /// The one of an epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<TipSetHeight>,
    /// The one that a tag stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<TipSetTag>,
}

/// The tipset of an epoch, below an anchor (Lotus `types.TipSetHeight`).
#[object]
#[derive(Eq, Hash)]
#[serde(rename_all = "camelCase")]
pub struct TipSetHeight {
    /// The epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<i64>,
    /// Which tipset to take if the epoch has none: the last one before it, or else the first one
    /// after it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub previous: bool,
    /// A descendant of it; [`TipSetTag::Finalized`] when absent, [`TipSetTag::Latest`] when empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor: Option<TipSetAnchor>,
}

/// Where a search back for an epoch begins: a key or a tag (Lotus `types.TipSetAnchor`).
#[object]
#[derive(Eq, Hash)]
#[serde(rename_all = "camelCase")]
pub struct TipSetAnchor {
    /// At the tipset with this key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<TipSetKey>,
    /// At the tipset that a tag stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<TipSetTag>,
}

text_enum! {
    /// A name for a tipset that moves on with the chain (Lotus `types.TipSetTag`).
    pub enum TipSetTag {
        /// The head.
        Latest = "latest",
        /// The last one that can never be reverted.
        Finalized = "finalized",
        /// The last one that is very unlikely to be reverted.
        Safe = "safe",
    }
}

/// A selector that names no tipset, or more than one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TipSetSelectorError {
    /// None or several of key, height and tag.
    #[error("exactly one tipset selection criteria must be specified, found: {0}")]
    Criteria(usize),
    /// A height without an epoch, or with a negative one.
    #[error("validating tipset height: give an epoch `at` that is not less than zero")]
    Epoch,
    /// An anchor that is both a key and a tag.
    #[error(
        "validating tipset height: invalid tipset anchor: at most one of key or tag must be specified"
    )]
    Anchor,
    /// A tag that does not exist.
    #[error("unknown tipset tag {0:?}: use \"latest\", \"finalized\" or \"safe\"")]
    Tag(String),
}

impl TipSetSelector {
    /// The tipset with this key.
    pub fn key(key: TipSetKey) -> TipSetSelector {
        TipSetSelector {
            key: Some(key),
            ..TipSetSelector::default()
        }
    }

    /// The tipset of this epoch, which must not be after the last finalized one. If the epoch has
    /// none it is the first one after it, with `previous` the last one before it.
    pub fn height(at: i64, previous: bool) -> TipSetSelector {
        TipSetSelector {
            height: Some(TipSetHeight {
                at: Some(at),
                previous,
                anchor: None,
            }),
            ..TipSetSelector::default()
        }
    }

    /// The tipset that a tag stands for.
    pub fn tag(tag: TipSetTag) -> TipSetSelector {
        TipSetSelector {
            tag: Some(tag),
            ..TipSetSelector::default()
        }
    }

    /// Checks that it names one tipset, as Lotus does before it uses one.
    ///
    /// # Errors
    /// It names none or several, a negative epoch, or a tag that does not exist.
    pub fn validate(&self) -> Result<(), TipSetSelectorError> {
        let anchor = self
            .height
            .as_ref()
            .and_then(|height| height.anchor.as_ref());
        let tags = [
            self.tag.as_ref(),
            anchor.and_then(|anchor| anchor.tag.as_ref()),
        ];
        if let Some(height) = &self.height
            && height.at.is_none_or(|at| at < 0)
        {
            return Err(TipSetSelectorError::Epoch);
        }
        if anchor.is_some_and(|anchor| anchor.key.is_some() && anchor.tag.is_some()) {
            return Err(TipSetSelectorError::Anchor);
        }
        let given = [
            self.key.is_some(),
            self.height.is_some(),
            self.tag.is_some(),
        ];
        match given.into_iter().filter(|given| *given).count() {
            1 => {}
            count => return Err(TipSetSelectorError::Criteria(count)),
        }
        match tags.into_iter().flatten().next() {
            Some(TipSetTag::Other(tag)) => Err(TipSetSelectorError::Tag(tag.clone())),
            _ => Ok(()),
        }
    }
}

/// Which tipsets are final, and by which rule (Lotus `types.FinalityStatus`).
#[object]
#[derive(Eq)]
#[serde(rename_all = "camelCase")]
pub struct FinalityStatus {
    /// How many epochs below the head a tipset is final by the weight of the blocks above it (a
    /// chance below 2^-30 of being reverted); -1 when none in reach is.
    pub ec_finality_threshold_depth: i64,
    /// The last tipset that is final so.
    pub ec_finalized_tip_set: Option<TipSet>,
    /// The last tipset that F3, fast finality, has made final.
    pub f3_finalized_tip_set: Option<TipSet>,
    /// The later of the two.
    pub finalized_tip_set: Option<TipSet>,
    /// The head.
    pub head: Option<TipSet>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(json: &str) -> Result<(), String> {
        let selector: TipSetSelector = serde_json::from_str(json).unwrap();
        selector.validate().map_err(|error| error.to_string())
    }

    #[test]
    fn is_written_without_what_is_not_given() {
        let json = |selector| serde_json::to_string(&selector).unwrap();
        assert_eq!(
            json(TipSetSelector::tag(TipSetTag::Safe)),
            r#"{"tag":"safe"}"#
        );
        assert_eq!(
            json(TipSetSelector::height(0, true)),
            r#"{"height":{"at":0,"previous":true}}"#
        );
        assert_eq!(
            json(TipSetSelector::key(TipSetKey::default())),
            r#"{"key":[]}"#
        );
    }

    #[test]
    fn names_one_tipset() {
        for good in [
            r#"{"tag":"latest"}"#,
            r#"{"Key":[]}"#,
            r#"{"height":{"at":0}}"#,
            r#"{"height":{"at":7,"anchor":{}}}"#,
            r#"{"height":{"at":7,"anchor":{"tag":"finalized"}}}"#,
        ] {
            assert_eq!(checked(good), Ok(()), "{good}");
        }
        let error = |json| checked(json).unwrap_err();
        assert!(error("{}").ends_with("found: 0"));
        assert!(error(r#"{"tag":"latest","key":[]}"#).ends_with("found: 2"));
        assert!(error(r#"{"height":{"at":-1}}"#).contains("less than zero"));
        assert!(error(r#"{"height":{}}"#).contains("give an epoch"));
        assert!(
            error(r#"{"height":{"at":1,"anchor":{"key":[],"tag":"safe"}}}"#).contains("anchor")
        );
        assert!(error(r#"{"tag":"newest"}"#).contains(r#""newest""#));
        let anchored = r#"{"height":{"at":1,"anchor":{"tag":"oldest"}}}"#;
        assert!(error(anchored).contains(r#""oldest""#));
    }
}
