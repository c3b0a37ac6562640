package document

import (
	"maps"
	"slices"
)

// A Profile is a name for the settings that one kind of client needs.
type Profile struct {
	Description string   `json:"description"`
	Settings    Settings `json:"settings"`
}

// Profiles are all profiles by name.
func Profiles() map[string]Profile { return profiles() }

// ProfileNames are the names of all profiles, sorted.
func ProfileNames() []string { return slices.Sorted(maps.Keys(profiles())) }

func profiles() map[string]Profile {
	return map[string]Profile{
		"open5gs": {
			"Open5GS SMF: one MSCC without Rating-Group while it says that it has none, octets " +
				"without their total, and a refusal that ends only its own session.",
			Settings{
				Strictness: "interop", Answer: "ro", FUI: "last_grant", DenyLevel: "mscc",
				AbsentRSU: "none", NoMSCC: "accept", USUPriority: Words{"rule"},
			},
		},
		"kamailio": {
			"Kamailio ims_charging: grants of CC-Time with Validity-Time, refusals at command " +
				"level, where it looks for them, and in the MSCC; what it uses up after one " +
				"is debited when it comes.",
			Settings{
				Strictness: "interop", Answer: "ro", FUI: "last_grant", DenyLevel: "both",
				GrantUnit: "time", Validity: "plan", LateUsage: "debit", NoMSCC: "accept",
				DuplicatePeer: "admit",
			},
		},
		"magma": {
			"Magma session_proxy: grants of octets only, one Validity-Time in each MSCC, no " +
				"command-level refusal, which would suspend all of a subscriber's credits.",
			Settings{
				Strictness: "interop", Answer: "ro", FUI: "last_grant", DenyLevel: "mscc",
				GrantUnit: "total", AbsentRSU: "default", NoMSCC: "accept",
			},
		},
		"ergw": {
			"ergw: every Rating-Group answered, empty requests granted the default, retries " +
				"over another connection, and final units refused at last since it ignores " +
				"their indication.",
			Settings{
				Strictness: "interop", Answer: "ro", FUI: "last_grant", DenyLevel: "mscc",
				EmptyRSU: "default", Dup: "always", DuplicatePeer: "admit",
			},
		},
	}
}
