package rating

// A TimeMechanism says how passing time consumes a grant of it (Time-Quota-Mechanism).
type TimeMechanism struct {
	// Type is discrete or continuous, Interval a time (Base-Time-Interval).
	Type     Text `yaml:"type,omitempty" json:"type,omitzero"`
	Interval Text `yaml:"interval,omitempty" json:"interval,omitzero"`
}

// An Announcement is something that the client plays to a party (Announcement-Information).
type Announcement struct {
	// On lists the occasions: grant (every one), final (with a final unit), refused (for want of
	// credit) and low_balance.
	On List `yaml:"on" json:"on"`
	// ID is Announcement-Identifier.
	ID Text `yaml:"id" json:"id"`
	// At is how much time of the quota is left when it is played (Time-Indicator).
	At Text `yaml:"at,omitempty" json:"at,omitzero"`
	// Play is served or remote (Play-Alternative), Quota used or not_used while it plays
	// (Quota-Indicator), Privacy private or not_private.
	Play    Text `yaml:"play,omitempty" json:"play,omitzero"`
	Quota   Text `yaml:"quota,omitempty" json:"quota,omitzero"`
	Privacy Text `yaml:"privacy,omitempty" json:"privacy,omitzero"`
	// Order tells announcements of one occasion apart, Language is a language tag.
	Order    Text `yaml:"order,omitempty" json:"order,omitzero"`
	Language Text `yaml:"language,omitempty" json:"language,omitzero"`
	// Parts fill in what varies.
	Parts []AnnouncementPart `yaml:"parts,omitempty" json:"parts,omitempty"`
}

// An AnnouncementPart is a Variable-Part: Type is integer, number, time, date or currency.
type AnnouncementPart struct {
	Type  Text `yaml:"type" json:"type"`
	Value Text `yaml:"value" json:"value"`
	Order Text `yaml:"order,omitempty" json:"order,omitzero"`
}

// A Failure is what a client does that gets no answer (RFC 8506 sections 5.7 and 6.5).
type Failure struct {
	// Session is terminate, continue or retry_and_terminate (Credit-Control-Failure-Handling).
	Session Text `yaml:"session,omitempty" json:"session,omitzero"`
	// Debit is terminate_or_buffer or continue (Direct-Debiting-Failure-Handling).
	Debit Text `yaml:"debit,omitempty" json:"debit,omitzero"`
	// Failover is supported or not_supported (CC-Session-Failover).
	Failover Text `yaml:"failover,omitempty" json:"failover,omitzero"`
}
