//! Letters to phones as `models/training/g2p.py` decodes them: `python g2p.py golden` wrote `golden/g2p.tsv`.
#![cfg(feature = "alloc")]

use earnest::lexicon::G2p;

#[test]
fn every_pronunciation_of_the_reference_in_its_order() {
    let model = G2p::new(&include_bytes!("../models/g2p-en.bin")[..]).unwrap();
    let golden = include_str!("golden/g2p.tsv");
    let mut compared = 0;
    for line in golden.lines() {
        let mut fields = line.split('\t');
        let word = fields.next().unwrap();
        let expected: Vec<&str> = fields.filter(|field| !field.is_empty()).collect();
        let guesses = model.guess(word, 4).unwrap();
        assert_eq!(guesses.len(), expected.len() / 2, "{word}");
        for (guess, expected) in guesses.iter().zip(expected.chunks(2)) {
            let phones: Vec<&str> = guess.phones.iter().map(|phone| phone.name()).collect();
            assert_eq!(phones.join(" "), expected[0], "{word}");
            let log_probability: f32 = expected[1].parse().unwrap();
            assert!(
                (guess.log_probability - log_probability).abs() < 2e-5,
                "{word}: {guess:?}, {expected:?}"
            );
            compared += 1;
        }
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn letters_of_either_case_and_nothing_else() {
    let model = G2p::new(&include_bytes!("../models/g2p-en.bin")[..]).unwrap();
    assert_eq!(model.guess("EARNEST", 1), model.guess("earnest", 1));
    assert_eq!(model.guess("", 3), Ok(vec![]));
    assert_eq!(model.guess("r2d2", 3), Err('2'));
    let all = model.guess("siobhan", 1000).unwrap();
    let total: f64 = all.iter().map(|guess| f64::from(guess.log_probability).exp()).sum();
    assert!((total - 1.0).abs() < 1e-4, "{total}");
    assert!(all.is_sorted_by(|a, b| a.log_probability >= b.log_probability));
}
