//! CRC-32 as of IEEE 802.3, one table look-up a byte.

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (if crc & 1 == 1 { 0xEDB8_8320 } else { 0 });
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// CRC-32 of an image: of every byte but those at 16 … 19, where it stands.
pub(super) fn crc32(image: &[u8]) -> u32 {
    let (head, tail) = (image.get(..16).unwrap_or_default(), image.get(20..).unwrap_or_default());
    let step = |crc: u32, byte: &u8| (crc >> 8) ^ TABLE[usize::from(crc as u8 ^ byte)];
    !head.iter().chain(tail).fold(!0, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_value_of_the_catalogue() {
        // CRC-32/ISO-HDLC of "123456789", behind bytes that leave the register as it was.
        let mut image = [0; 29];
        image[..16].copy_from_slice(b"123456789abcdefg");
        image[20..].copy_from_slice(b"hijklmnop");
        let bitwise = !b"123456789abcdefghijklmnop".iter().fold(!0u32, |crc, &byte| {
            (0..8)
                .fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & 0u32.wrapping_sub(crc & 1)))
        });
        assert_eq!(crc32(&image), bitwise);
    }
}
