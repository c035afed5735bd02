//! Tokens without a network: form, claims, minting, revocation, rotation.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use lotus_core::Role;
use lotus_core::types::{KeyInfo, KeyType, NewToken, TokenSelector, TokenStatus};
use lotus_core::{Permission, Permissions, Scope};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::store::embedded::Embedded;
use super::*;
use crate::repo::TokenFile;

const SECRET: [u8; 32] = [7; 32];

/// An authority whose secret is known, in a directory of its own.
async fn authority() -> (TempDir, Arc<Authority>) {
    let dir = TempDir::new().unwrap();
    let authority = open(&dir).await;
    (dir, authority)
}

async fn open(dir: &TempDir) -> Arc<Authority> {
    let keystore =
        Arc::new(Keystore::open(dir.path().join("keystore"), dir.path().into()).unwrap());
    if !keystore.contains(keys::CURRENT).unwrap() {
        let key = KeyInfo::new(KeyType::JwtHmacSecret, SECRET.to_vec());
        keystore.put(keys::CURRENT, &key).unwrap();
    }
    let store = Arc::new(
        Embedded::open(&dir.path().join("tokens.redb"))
            .await
            .unwrap(),
    );
    let keys = Keys::open(&keystore).unwrap();
    let catalogue = Catalogue::new(Role::FullNode.surfaces());
    Authority::open(keystore, keys, store, Duration::from_secs(1), catalogue).0
}

fn file(dir: &TempDir) -> TokenFile {
    TokenFile::at(dir.path().join("token"))
}

fn signed(claims: Value) -> String {
    let key = EncodingKey::from_secret(&SECRET);
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

async fn mint(authority: &Authority, new: NewToken) -> (String, Record) {
    authority
        .mint(new, TokenOrigin::Minted, Minter::Root)
        .await
        .unwrap()
}

fn permissions(permissions: Permissions) -> NewToken {
    NewToken {
        permissions,
        ..NewToken::default()
    }
}

async fn refusal(authority: &Authority, text: &str) -> String {
    authority
        .verify(text)
        .await
        .map(|_| ())
        .unwrap_err()
        .to_string()
}

#[tokio::test]
async fn a_minted_token_has_lotus_s_header_and_is_verified() {
    let (_dir, authority) = authority().await;
    let sign = permissions(Permissions::up_to(Permission::Sign));
    let (text, _) = mint(&authority, sign.clone()).await;
    assert!(
        text.starts_with("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."),
        "{text}"
    );
    let token = authority.verify(&text).await.unwrap();
    assert_eq!(token.permissions(), Permissions::up_to(Permission::Sign));
    assert_ne!(text, mint(&authority, sign).await.0);
}

/// Lotus's payload, byte for byte, signed by another implementation of HS256:
/// `openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…07`.
const LOTUS_TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
    eyJBbGxvdyI6WyJyZWFkIiwid3JpdGUiLCJzaWduIiwiYWRtaW4iXX0.\
    X5XC5Qx5H971xDr97H4RUS8WyX_bauPf15W7dorUl5Q";

#[tokio::test]
async fn a_lotus_token_is_accepted_recorded_and_can_be_revoked() {
    let (dir, authority) = authority().await;
    let token = authority.verify(LOTUS_TOKEN).await.unwrap();
    assert_eq!(token.permissions(), Permissions::ALL);
    assert_eq!(token.id().len(), 64);
    let listed = authority.list(false).await.unwrap();
    assert_eq!((listed.len(), listed[0].origin), (1, TokenOrigin::Foreign));

    let selector = TokenSelector {
        token: Some(LOTUS_TOKEN.into()),
        ..TokenSelector::default()
    };
    authority.revoke(&selector, None).await.unwrap();
    assert_eq!(
        refusal(&authority, LOTUS_TOKEN).await,
        "the token was revoked"
    );
    drop(authority);
    let authority = open(&dir).await;
    assert_eq!(
        refusal(&authority, LOTUS_TOKEN).await,
        "the token was revoked"
    );
}

#[tokio::test]
async fn a_token_can_be_revoked_before_it_was_ever_seen() {
    let (_dir, authority) = authority().await;
    let selector = TokenSelector {
        token: Some(LOTUS_TOKEN.into()),
        ..TokenSelector::default()
    };
    assert_eq!(authority.revoke(&selector, None).await.unwrap().len(), 1);
    assert_eq!(
        refusal(&authority, LOTUS_TOKEN).await,
        "the token was revoked"
    );
}

#[tokio::test]
async fn lotus_s_semantics_of_allow() {
    let (_dir, authority) = authority().await;
    let verify = async |claims| {
        let token = authority.verify(&signed(claims)).await;
        token
            .map(|token| token.permissions())
            .map_err(|error| error.to_string())
    };
    assert_eq!(verify(json!({})).await, Ok(Permissions::NONE));
    assert_eq!(
        verify(json!({ "Allow": null })).await,
        Ok(Permissions::NONE)
    );
    let banana = verify(json!({ "Allow": ["banana", "write"], "extra": { "a": [1] } })).await;
    assert_eq!(banana, Ok([Permission::Write].into_iter().collect()));
    for wrong in [json!({ "Allow": "admin" }), json!([]), json!({ "jti": 5 })] {
        assert_eq!(verify(wrong).await, Err(Invalid::Payload.to_string()));
    }
}

#[tokio::test]
async fn times_are_integers_and_are_honoured() {
    let (_dir, authority) = authority().await;
    let verify = async |claims: Value| {
        authority
            .verify(&signed(claims))
            .await
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert_eq!(verify(json!({ "exp": now() + 60 })).await, Ok(()));
    assert_eq!(
        verify(json!({ "exp": now() })).await,
        Err(Death::Expired.to_string())
    );
    for wrong in [json!("99999999999"), json!(null), json!(1.5), json!(-1)] {
        assert_eq!(
            verify(json!({ "exp": wrong })).await,
            Err(Invalid::Payload.to_string())
        );
    }
    assert_eq!(verify(json!({ "nbf": now() + 30 })).await, Ok(()));
    assert_eq!(
        verify(json!({ "nbf": now() + 90 })).await,
        Err(Invalid::NotYetValid.to_string())
    );
    assert_eq!(
        verify(json!({ "iat": now() + 90 })).await,
        Err(Invalid::NotYetValid.to_string())
    );
}

#[tokio::test]
async fn what_is_not_a_token_of_ours_is_refused() {
    let (_dir, authority) = authority().await;
    let (good, _) = mint(&authority, permissions(Permissions::ALL)).await;
    let parts: Vec<&str> = good.split('.').collect();
    let header = |json: &str| data_encoding::BASE64URL_NOPAD.encode(json.as_bytes());
    let none = header(r#"{"alg":"none","typ":"JWT"}"#);
    let hs512 = header(r#"{"alg":"HS512","typ":"JWT"}"#);
    let twice = header(r#"{"Allow":[],"Allow":["admin"]}"#);
    let twice = Secret::from_bytes(SECRET.to_vec()).sign_parts(parts[0], &twice);
    let foreign = Secret::from_bytes(vec![8; 32]).sign(&Claims::default());
    let refused = [
        String::new(),
        "a.b".into(),
        "..".into(),
        format!("{good}="),
        format!("{good}.{}", parts[2]),
        format!("{good}A"),
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{hs512}.{}.{}", parts[1], parts[2]),
        "A".repeat(MAX_TOKEN_BYTES + 1),
        foreign,
        twice,
    ];
    for text in refused {
        assert!(
            authority.verify(&text).await.is_err(),
            "{text} was accepted"
        );
    }
    assert!(authority.verify(&good).await.is_ok());
}

#[tokio::test]
async fn nobody_mints_more_than_they_hold() {
    let (_dir, authority) = authority().await;
    let scope = Scope {
        endpoints: Some(vec!["/rpc/v1".into()]),
        methods: Some(vec!["Auth.*".into(), "Filecoin.State*".into()]),
    };
    let held = NewToken {
        scope: scope.clone(),
        ..permissions(Permissions::ALL)
    };
    let (text, _) = mint(&authority, held).await;
    let holder = authority.verify(&text).await.unwrap();
    let mint_as = async |new: NewToken| {
        let minted = authority
            .mint(new, TokenOrigin::Minted, Minter::Holder(&holder))
            .await;
        minted
            .map(|(_, record)| record)
            .map_err(|error| error.to_string())
    };
    let narrow = NewToken {
        scope: Scope {
            endpoints: Some(vec!["/rpc/v1".into()]),
            methods: Some(vec!["Filecoin.StateGetActor".into()]),
        },
        ..permissions(Permissions::READ)
    };
    assert_eq!(
        mint_as(narrow).await.unwrap().issued_by.as_deref(),
        Some(holder.id())
    );
    let wider = mint_as(permissions(Permissions::READ)).await.unwrap_err();
    assert!(wider.contains("more endpoints or methods"), "{wider}");
}

#[tokio::test]
async fn bad_wishes_are_refused() {
    let (_dir, authority) = authority().await;
    let refused = async |new: NewToken| {
        authority
            .mint(new, TokenOrigin::Minted, Minter::Root)
            .await
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    let named = |name: &str| NewToken {
        name: Some(name.into()),
        ..NewToken::default()
    };
    for name in ["", " x", "a\nb", &"x".repeat(129)] {
        assert!(refused(named(name)).await.contains("name"), "{name:?}");
    }
    mint(&authority, named("Küche 1")).await;
    assert!(refused(named("Küche 1")).await.contains("exists already"));
    let expired = NewToken {
        expires_in: Some(0),
        ..NewToken::default()
    };
    assert!(refused(expired).await.contains("expire"));
    let idle = NewToken {
        idle: Some(0),
        ..NewToken::default()
    };
    assert!(refused(idle).await.contains("idle"));
    let endpoint = Scope {
        endpoints: Some(vec!["ext".into()]),
        methods: None,
    };
    let endpoint = NewToken {
        scope: endpoint,
        ..NewToken::default()
    };
    assert!(refused(endpoint).await.contains("must begin with /"));
}

#[tokio::test]
async fn a_rotated_secret_gives_the_old_tokens_a_grace() {
    let (dir, authority) = authority().await;
    let (old, _) = mint(&authority, permissions(Permissions::READ)).await;
    authority.verify(&old).await.unwrap();
    authority.rotate(3600, &file(&dir)).await.unwrap();
    let (new, _) = mint(&authority, permissions(Permissions::READ)).await;
    assert!(authority.verify(&old).await.is_ok());
    assert!(authority.verify(&new).await.is_ok());

    drop(authority);
    let reopened = open(&dir).await;
    assert!(reopened.verify(&old).await.is_ok());
    // In its grace a token is alive, and can be revoked at once.
    let listed = reopened.list(false).await.unwrap();
    let info = listed.iter().find(|info| info.revoked.is_some()).unwrap();
    assert_eq!(info.status, TokenStatus::Active);
    let selector = TokenSelector {
        token: Some(old.clone()),
        ..TokenSelector::default()
    };
    assert_eq!(reopened.revoke(&selector, None).await.unwrap().len(), 1);
    assert_eq!(refusal(&reopened, &old).await, Death::Revoked.to_string());

    reopened.rotate(0, &file(&dir)).await.unwrap();
    let listed = reopened.list(false).await.unwrap();
    assert!(
        listed.iter().all(|info| info.origin == TokenOrigin::Repo),
        "{listed:?}"
    );
    assert_eq!(listed.len(), 1);
    for text in [&old, &new] {
        assert_eq!(
            refusal(&reopened, text).await,
            Invalid::Signature.to_string()
        );
    }
}

#[tokio::test]
async fn tokens_are_selected_by_age_and_disuse() {
    let (_dir, authority) = authority().await;
    mint(
        &authority,
        NewToken {
            name: Some("a".into()),
            ..NewToken::default()
        },
    )
    .await;
    let select = async |selector: TokenSelector| {
        let selector = TokenSelector {
            dry_run: true,
            ..selector
        };
        authority
            .revoke(&selector, None)
            .await
            .map(|infos| infos.len())
            .map_err(|e| e.to_string())
    };
    assert!(
        select(TokenSelector::default())
            .await
            .unwrap_err()
            .contains("say which")
    );
    let older = |seconds| TokenSelector {
        older_than: Some(seconds),
        ..TokenSelector::default()
    };
    assert_eq!(select(older(0)).await, Ok(1));
    assert_eq!(select(older(60)).await, Ok(0));
    let unused = TokenSelector {
        unused: Some(0),
        ..TokenSelector::default()
    };
    assert_eq!(select(unused).await, Ok(1));
    let unknown = TokenSelector {
        name: Some("b".into()),
        ..TokenSelector::default()
    };
    assert!(select(unknown).await.unwrap_err().contains("no token"));
    assert_eq!(
        authority.list(true).await.unwrap()[0].status,
        TokenStatus::Active
    );
}

/// After a rotation an old token lives on beside a new one of the same name.
#[tokio::test]
async fn revoking_by_name_revokes_every_token_of_that_name() {
    let (dir, authority) = authority().await;
    let curio = || NewToken {
        name: Some("curio".into()),
        ..permissions(Permissions::READ)
    };
    let (old, _) = mint(&authority, curio()).await;
    authority.rotate(3600, &file(&dir)).await.unwrap();
    let (new, _) = mint(&authority, curio()).await;
    let selector = TokenSelector {
        name: Some("curio".into()),
        ..TokenSelector::default()
    };
    assert_eq!(authority.revoke(&selector, None).await.unwrap().len(), 2);
    for text in [old, new] {
        assert_eq!(refusal(&authority, &text).await, Death::Revoked.to_string());
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    fn keys() -> Keys {
        Keys::new(Secret::from_bytes(SECRET.to_vec()))
    }

    fn token(permissions: Permissions) -> String {
        keys().sign(&Claims {
            allow: permissions,
            ..Claims::default()
        })
    }

    proptest! {
        /// Every single byte counts, also the unused bits of the last base64 digit.
        #[test]
        fn a_changed_byte_is_noticed(place: prop::sample::Index, byte: u8) {
            let mut text = token(Permissions::READ).into_bytes();
            let place = place.index(text.len());
            prop_assume!(text[place] != byte);
            text[place] = byte;
            if let Ok(text) = String::from_utf8(text) {
                prop_assert!(keys().verify(&text).is_err(), "{text}");
            }
        }

        #[test]
        fn nothing_may_be_added_or_missing(extra in "[ -~]{1,5}", place: prop::sample::Index) {
            let text = token(Permissions::READ);
            let place = place.index(text.len());
            let inserted = format!("{}{extra}{}", &text[..place], &text[place..]);
            for bad in [format!("{text}{extra}"), inserted, text[..place].to_owned()] {
                prop_assert!(keys().verify(&bad).is_err(), "{bad}");
            }
        }

        #[test]
        fn parts_of_different_tokens_do_not_fit(order in Just([0, 1, 2, 3, 4, 5]).prop_shuffle()) {
            let tokens = [Permissions::READ, Permissions::ALL].map(token);
            let parts: Vec<&str> = tokens.iter().flat_map(|token| token.split('.')).collect();
            let mixed: Vec<&str> = order[..3].iter().map(|part| parts[*part]).collect();
            let mixed = mixed.join(".");
            // Both headers are the same.
            let whole = tokens.contains(&mixed);
            prop_assert_eq!(keys().verify(&mixed).is_ok(), whole, "{}", mixed);
        }

        #[test]
        fn any_text_is_refused(text: String) {
            prop_assert!(keys().verify(&text).is_err());
        }
    }
}
