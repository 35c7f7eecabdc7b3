//! Text and back: every rule survives its own text, and plans travel as lists of strings.

use faults::{Errno, Fault, FaultPlan, Rule, Site, Thrown};
use proptest::{prelude::*, sample::select};

fn rules() -> impl Strategy<Value = Rule> {
    let sites = select(Site::all().collect::<Vec<_>>());
    let delays = (1..=Rule::DELAY_MAX_NS).prop_map(|ns| Fault::Delay { ns });
    let round_delays = (1_u64..=3600, select(vec![1, 1_000, 1_000_000, 1_000_000_000]))
        .prop_map(|(count, unit)| Fault::Delay { ns: count * unit });
    let errnos = select(Errno::ALL).prop_map(Fault::Errno);
    let events = select(&Thrown::ALL).prop_map(Fault::Throw);
    let times = proptest::option::of(any::<u32>());
    let nth = proptest::option::of(1..=u32::MAX);
    let actions = prop_oneof![delays, round_delays, errnos, events];
    (sites, 1..=u32::MAX, 0..=100_u8, any::<u32>(), times, nth, actions)
        .prop_filter("the switch cannot refuse", |rule| {
            rule.0.can_refuse() || !matches!(rule.6, Fault::Errno(_))
        })
        .prop_map(|(site, interval, probability, space, times, nth, action)| Rule {
            site,
            interval,
            probability,
            space,
            times,
            nth,
            action,
        })
}

proptest! {
    #[test]
    fn a_rule_survives_its_text(rule in rules()) {
        let text = rule.to_string();
        let read = Rule::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&read, &rule);
        prop_assert_eq!(read.to_string(), text);
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place_inside_it(text in "(core\\.exit|memory\\.prepare)?[ :=,a-zé0-9\\-\n\t]{0,30}( rmdir| exit=)?") {
        if let Err(error) = FaultPlan::parse(&text) {
            prop_assert!(text.get(error.span()).is_some());
            prop_assert!(error.to_string().lines().count() >= 4);
        }
        if let Err(error) = Rule::parse(&text) {
            prop_assert!(text.get(error.span()).is_some());
        }
    }
}

#[derive(serde::Deserialize, serde::Serialize)]
struct Scenario {
    faults: FaultPlan,
}

#[test]
fn a_plan_is_a_list_of_strings_in_toml() {
    for text in [
        "faults = [\"core.exit: nth=2 errno=ESRCH\", \"cpuset.prepare: interval=10 delay=200us\"]\n",
        "faults = [\"core.switched: probability=5 fork\", \"core.find: nth=1 rmdir\"]\n",
    ] {
        let scenario: Scenario = toml::from_str(text).expect("a scenario");
        assert_eq!(scenario.faults.rules.len(), 2);
        assert_eq!(toml::to_string(&scenario).expect("text"), text);
    }
}

#[test]
fn toml_shows_the_caret_of_a_wrong_rule() {
    let error = toml::from_str::<Scenario>("faults = [\"core.exit: nht=2\"]").err().expect("nht").to_string();
    assert!(error.contains("1 | core.exit: nht=2\n  |            ^^^\n"), "{error}");
}
