//! Decimal numbers in metadata: without the tables of the standard library's reader, 20 KB of flash, and its panics.

/// A number of digits, perhaps a point among them, perhaps an exponent behind (`12`, `0.84`, `3e-05`): no sign, no
/// blank, no word. The nearest `f64` for up to 15 digits and 22 places, else within a few units in the last place.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let (digits, exponent) = match split_once(text, b'e').or_else(|| split_once(text, b'E')) {
        Some((digits, exponent)) => (digits, exponent.parse::<i16>().ok()?),
        None => (text, 0),
    };
    let (mut mantissa, mut scale, mut seen, mut point) = (0u64, i32::from(exponent), false, false);
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                seen = true;
                if mantissa < 1_000_000_000_000_000_000 {
                    mantissa = 10 * mantissa + u64::from(byte - b'0');
                    scale -= i32::from(point);
                } else {
                    scale += i32::from(!point);
                }
            }
            b'.' if !point => point = true,
            _ => return None,
        }
    }
    let mut value = mantissa as f64;
    let mut places = scale.unsigned_abs().min(400);
    while places > 0 {
        let step = places.min(22);
        // Exact up to here.
        let power = (0..step).fold(1.0, |power, _| power * 10.0);
        value = if scale < 0 { value / power } else { value * power };
        places -= step;
    }
    (seen && value.is_finite()).then_some(value)
}

/// Before and behind the first `at`, which is ASCII; without the panics that the standard library's search brings along.
pub(crate) fn split_once(text: &str, at: u8) -> Option<(&str, &str)> {
    let before = text.bytes().position(|byte| byte == at)?;
    let (before, rest) = text.split_at_checked(before)?;
    Some((before, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::format;

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "", ".", "-1", "+1", " 1", "1 ", "1.2.3", "e5", "1e", "1e+", "inf", "NaN", "0x1", "1e999",
            "1e99999",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        for (text, value) in
            [("0", 0.0), ("1.", 1.0), (".5", 0.5), ("3e-05", 3e-5), ("1E3", 1e3), ("0e999", 0.0)]
        {
            assert_eq!(parse(text), Some(value), "{text:?}");
        }
        assert!(
            parse("123456789012345678901234567890")
                .is_some_and(|x| (x / 1.2345678901234568e29 - 1.0).abs() < 1e-15)
        );
    }

    proptest! {
        #[test]
        fn it_reads_as_the_standard_library_does(mantissa in 0u64..1_000_000_000_000_000, places in 0usize..15) {
            let text = format!("{mantissa:016}");
            let text = format!("{}.{}", &text[..16 - places], &text[16 - places..]);
            prop_assert_eq!(parse(&text), text.parse().ok());
            let text = format!("{mantissa}e-{places}");
            prop_assert_eq!(parse(&text), text.parse().ok());
        }
    }
}
