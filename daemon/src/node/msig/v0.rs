//! `Msig` of `/rpc/v0`: the messages are also signed with the wallet's key and sent.

use jsonrpsee::core::async_trait;
use lotus_core::Error;
use lotus_core::api::msig::MsigServer;
use lotus_core::api::v0::msig::MsigV0Server;
use lotus_core::types::{Address, Bytes, Cid, MessagePrototype, TokenAmount};

use super::MsigRpc;

impl MsigRpc {
    /// Signs and sends a message, and returns its CID.
    async fn send(&self, prototype: MessagePrototype) -> Result<Cid, Error> {
        let wallet = self.wallet.clone();
        self.run(move |chain| {
            let sent = chain.pool()?.send(prototype.message, None, &*wallet)?;
            sent.cid().map_err(Error::other)
        })
        .await
    }
}

#[async_trait]
impl MsigV0Server for MsigRpc {
    async fn msig_add_approve_v0(
        &self,
        multisig: Address,
        source: Address,
        transaction: u64,
        proposer: Address,
        signer: Address,
        increase: bool,
    ) -> Result<Cid, Error> {
        let made = self.msig_add_approve(multisig, source, transaction, proposer, signer, increase);
        self.send(made.await?).await
    }

    async fn msig_add_cancel_v0(
        &self,
        multisig: Address,
        source: Address,
        transaction: u64,
        signer: Address,
        increase: bool,
    ) -> Result<Cid, Error> {
        let made = self.msig_add_cancel(multisig, source, transaction, signer, increase);
        self.send(made.await?).await
    }

    async fn msig_add_propose_v0(
        &self,
        multisig: Address,
        source: Address,
        signer: Address,
        increase: bool,
    ) -> Result<Cid, Error> {
        let made = self.msig_add_propose(multisig, source, signer, increase);
        self.send(made.await?).await
    }

    async fn msig_approve_v0(
        &self,
        multisig: Address,
        transaction: u64,
        source: Address,
    ) -> Result<Cid, Error> {
        let made = self.msig_approve(multisig, transaction, source);
        self.send(made.await?).await
    }

    async fn msig_approve_txn_hash_v0(
        &self,
        multisig: Address,
        transaction: u64,
        proposer: Address,
        to: Address,
        value: TokenAmount,
        source: Address,
        method: u64,
        params: Bytes,
    ) -> Result<Cid, Error> {
        let made = self.msig_approve_txn_hash(
            multisig,
            transaction,
            proposer,
            to,
            value,
            source,
            method,
            params,
        );
        self.send(made.await?).await
    }

    async fn msig_cancel_v0(
        &self,
        multisig: Address,
        transaction: u64,
        to: Address,
        value: TokenAmount,
        source: Address,
        method: u64,
        params: Bytes,
    ) -> Result<Cid, Error> {
        let made =
            self.msig_cancel_txn_hash(multisig, transaction, to, value, source, method, params);
        self.send(made.await?).await
    }

    async fn msig_create_v0(
        &self,
        required: u64,
        signers: Vec<Address>,
        unlock_duration: i64,
        initial_balance: TokenAmount,
        source: Address,
        gas_price: TokenAmount,
    ) -> Result<Cid, Error> {
        let made = self.msig_create(
            required,
            signers,
            unlock_duration,
            initial_balance,
            source,
            gas_price,
        );
        self.send(made.await?).await
    }

    async fn msig_propose_v0(
        &self,
        multisig: Address,
        to: Address,
        value: TokenAmount,
        source: Address,
        method: u64,
        params: Bytes,
    ) -> Result<Cid, Error> {
        let made = self.msig_propose(multisig, to, value, source, method, params);
        self.send(made.await?).await
    }

    async fn msig_remove_signer_v0(
        &self,
        multisig: Address,
        proposer: Address,
        signer: Address,
        decrease: bool,
    ) -> Result<Cid, Error> {
        let made = self.msig_remove_signer(multisig, proposer, signer, decrease);
        self.send(made.await?).await
    }

    async fn msig_swap_approve_v0(
        &self,
        multisig: Address,
        source: Address,
        transaction: u64,
        proposer: Address,
        old_signer: Address,
        new_signer: Address,
    ) -> Result<Cid, Error> {
        let made = self.msig_swap_approve(
            multisig,
            source,
            transaction,
            proposer,
            old_signer,
            new_signer,
        );
        self.send(made.await?).await
    }

    async fn msig_swap_cancel_v0(
        &self,
        multisig: Address,
        source: Address,
        transaction: u64,
        old_signer: Address,
        new_signer: Address,
    ) -> Result<Cid, Error> {
        let made = self.msig_swap_cancel(multisig, source, transaction, old_signer, new_signer);
        self.send(made.await?).await
    }

    async fn msig_swap_propose_v0(
        &self,
        multisig: Address,
        source: Address,
        old_signer: Address,
        new_signer: Address,
    ) -> Result<Cid, Error> {
        let made = self.msig_swap_propose(multisig, source, old_signer, new_signer);
        self.send(made.await?).await
    }
}
