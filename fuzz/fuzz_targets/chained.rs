//! Bytes as the entries of a journal whose hashes are right.

use blake2::{Blake2s256, Digest};

/// A header, then an entry for every 96 bytes of `bytes`, numbered in order.
pub fn chained(bytes: &[u8]) -> Vec<u8> {
    let mut header = [0u8; 96];
    header[..4].copy_from_slice(&[1, 255, 255, 255]);
    header[24..32].copy_from_slice(b"EARNJRNL");
    header[40..43].copy_from_slice(&[255, 255, 1]);
    let mut out = Vec::new();
    let mut head = [0u8; 32];
    for (number, body) in std::iter::once(header).chain(bytes.as_chunks::<96>().0.iter().copied()).enumerate() {
        let mut body = body;
        body[8..16].copy_from_slice(&(number as u64).to_le_bytes());
        head = Blake2s256::new().chain_update(head).chain_update(body).finalize().into();
        out.extend(body);
        out.extend(head);
    }
    out
}
