package document

import (
	"slices"
	"time"

	"github.com/ocs-sim/ocs-sim/charging"
)

// knobs are all settings but the profile, in the order in which they are documented.
func knobs() []knob {
	return slices.Concat(formKnobs(), denialKnobs(), quotaKnobs(), sessionKnobs(), otherKnobs())
}

func formKnobs() []knob {
	return []knob{
		choice("strictness", func(s *Settings) *string { return &s.Strictness },
			func(s *charging.Settings) *charging.Strictness { return &s.Strictness },
			charging.Interop, charging.Strict),
		choice("answer", func(s *Settings) *string { return &s.Answer },
			func(s *charging.Settings) *charging.AnswerProfile { return &s.Answer },
			charging.AnswerRo, charging.AnswerRFC),
		{
			key: "answer_quirks", what: "none, or words of " + orList(quirkNames()),
			list: func(s *Settings) *Words { return &s.AnswerQuirks }, set: parseQuirks,
		},
	}
}

func denialKnobs() []knob {
	return []knob{
		choice("fui", func(s *Settings) *string { return &s.FUI },
			func(s *charging.Settings) *charging.FinalUnits { return &s.FinalUnits },
			charging.FinalWithLast, charging.FinalWithZero, charging.FinalNever),
		choice("require", func(s *Settings) *string { return &s.Require },
			func(s *charging.Settings) *charging.AfterFinal { return &s.AfterFinal },
			charging.AfterFinalAny, charging.AfterFinalTermination, charging.AfterFinalUpdate),
		choice("deny_level", func(s *Settings) *string { return &s.DenyLevel },
			func(s *charging.Settings) *charging.DenyLevel { return &s.DenyLevel },
			charging.DenyService, charging.DenyCommand, charging.DenyBoth),
		code("credit", func(s *Settings) *string { return &s.denyCode().Credit },
			func(d *charging.DenyCodes) *charging.Result { return &d.Credit }),
		code("barred", func(s *Settings) *string { return &s.denyCode().Barred },
			func(d *charging.DenyCodes) *charging.Result { return &d.Barred }),
		code("expired", func(s *Settings) *string { return &s.denyCode().Expired },
			func(d *charging.DenyCodes) *charging.Result { return &d.Expired }),
		code("unknown_subscriber",
			func(s *Settings) *string { return &s.denyCode().UnknownSubscriber },
			func(d *charging.DenyCodes) *charging.Result { return &d.UnknownSubscriber }),
		code("no_rule", func(s *Settings) *string { return &s.denyCode().NoRule },
			func(d *charging.DenyCodes) *charging.Result { return &d.NoRule }),
		choice("partial", func(s *Settings) *string { return &s.Partial },
			func(s *charging.Settings) *charging.Partial { return &s.Partial },
			charging.PartialByPlan, charging.PartialAlways, charging.PartialNever),
	}
}

func quotaKnobs() []knob {
	return []knob{
		choice("reservation", func(s *Settings) *string { return &s.Reservation },
			func(s *charging.Settings) *charging.ReservationModel { return &s.Reservation },
			charging.ReserveReplacing, charging.ReserveAdding, charging.ReserveNothing),
		choice("overspend", func(s *Settings) *string { return &s.Overspend },
			func(s *charging.Settings) *charging.Overspend { return &s.Overspend },
			charging.OverspendAllow, charging.OverspendFloor, charging.OverspendDeny),
		choice("ungranted_usage", func(s *Settings) *string { return &s.UngrantedUsage },
			func(s *charging.Settings) *charging.UngrantedUsage { return &s.UngrantedUsage },
			charging.UngrantedCharge, charging.UngrantedIgnore, charging.UngrantedRefuse),
		choice("empty_rsu", func(s *Settings) *string { return &s.EmptyRSU },
			func(s *charging.Settings) *charging.EmptyRSU { return &s.EmptyRSU },
			charging.EmptyDefault, charging.EmptyMax, charging.EmptyRefuse),
		choice("absent_rsu", func(s *Settings) *string { return &s.AbsentRSU },
			func(s *charging.Settings) *charging.AbsentRSU { return &s.AbsentRSU },
			charging.AbsentNone, charging.AbsentDefault, charging.AbsentRefuse),
		choice("no_mscc", func(s *Settings) *string { return &s.NoMSCC },
			func(s *charging.Settings) *charging.NoMSCC { return &s.NoMSCC },
			charging.NoMSCCAccept, charging.NoMSCCRefuse, charging.NoMSCCCommandUnits),
		{
			key: "usu_priority", what: "rule, first, or a list of units",
			list: func(s *Settings) *Words { return &s.USUPriority }, set: parsePriority,
		},
		{
			key: "grant_unit", what: "rule, or a unit: " + orList(unitWords()),
			field: func(s *Settings) *string { return &s.GrantUnit }, set: parseGrantUnit,
		},
		duration("validity", "whole seconds, as in 600s, plan or none",
			func(s *Settings) *string { return &s.Validity },
			func(s *charging.Settings, d time.Duration) { s.Validity, s.NoValidity = d, false },
			func(s *charging.Settings) { s.NoValidity = true }),
		{
			key: "timers.scale", what: "a factor, as in 0.01",
			field: func(s *Settings) *string { return &s.timers().Scale },
			set: func(s *charging.Settings, word string) (err error) {
				s.TimerScale, err = parseScale(word)
				return err
			},
		},
	}
}

func sessionKnobs() []knob {
	return []knob{
		choice("unknown_session", func(s *Settings) *string { return &s.UnknownSession },
			func(s *charging.Settings) *charging.UnknownSession { return &s.UnknownSession },
			charging.UnknownRefuse, charging.UnknownRate, charging.UnknownSucceed),
		choice("term_usage", func(s *Settings) *string { return &s.TermUsage },
			func(s *charging.Settings) *charging.TerminationUsage { return &s.TerminationUsage },
			charging.TerminationDebits, charging.TerminationIgnores),
		choice("late_usage", func(s *Settings) *string { return &s.LateUsage },
			func(s *charging.Settings) *charging.LateUsage { return &s.LateUsage },
			charging.LateRefuse, charging.LateDebit),
		choice("dup", func(s *Settings) *string { return &s.Dup },
			func(s *charging.Settings) *charging.Duplicates { return &s.Duplicates },
			charging.DuplicatesAlways, charging.DuplicatesFlagged),
		duration("rar_wait", "whole seconds, as in 10s",
			func(s *Settings) *string { return &s.RARWait },
			func(s *charging.Settings, d time.Duration) { s.RARWait = d }, nil),
		occasions("reauthorize_on", reauthorizeOccasions(),
			func(s *Settings) *Words { return &s.ReauthorizeOn },
			func(s *charging.Settings) *charging.Occasions { return &s.ReauthorizeOn }),
		occasions("abort_on", abortOccasions(),
			func(s *Settings) *Words { return &s.AbortOn },
			func(s *charging.Settings) *charging.Occasions { return &s.AbortOn }),
	}
}

func otherKnobs() []knob {
	return []knob{
		choice("participants_source", func(s *Settings) *string { return &s.ParticipantsSource },
			func(s *charging.Settings) *charging.ParticipantsSource { return &s.ParticipantsSource },
			charging.ParticipantsAny, charging.ParticipantsNumber, charging.ParticipantsGroups,
			charging.ParticipantsService),
		{
			key: "participants_offset", what: "a whole number from -1000 to 1000",
			field: func(s *Settings) *string { return &s.ParticipantsOffset }, set: parseOffset,
		},
		choice("check_balance", func(s *Settings) *string { return &s.CheckBalance },
			func(s *charging.Settings) *charging.CheckBalanceForm { return &s.CheckBalance },
			charging.CheckBalanceAVP, charging.CheckBalanceResult),
		choice("duplicate_peer", func(s *Settings) *string { return &s.DuplicatePeer },
			func(s *charging.Settings) *charging.DuplicatePeer { return &s.DuplicatePeer },
			charging.DuplicateAdmit, charging.DuplicateReject, charging.DuplicateReplace),
		choice("origin_state", func(s *Settings) *string { return &s.OriginState },
			func(s *charging.Settings) *charging.OriginState { return &s.OriginState },
			charging.OriginStateIgnore, charging.OriginStateClean),
	}
}
