// Package rating says what it costs. It is the rating function of 3GPP TS 32.296: pure functions
// over plans, without a clock, an account or a wire.
//
// Its story goes like this. An operator writes a plan as a Document: rules in order, each with a
// match, a unit, a price for a block of units and what moves that price (participants, media,
// message size, windows of time). Compile turns the document into a Plan, or says all that is
// wrong with it at once; Warnings adds which rules can never match. Tariffs keeps compiled
// versions, so that a request finds its plan without a lock.
//
// A request then asks the Plan in this order. Rate finds the first rule that matches and resolves
// the price of one block: these are the conditions, which are stored with the grant. Terms are the
// rest of the rule. Resume carries what is paid over from the conditions before. Afford turns
// money into the largest grant, Price turns used units into money, and Switch tells when a window
// opens or closes, so that a grant can end there. Quote plays all of this for somebody who only
// wants to know.
//
// # Arithmetic
//
// Money is a whole number of millionths of the plan's currency; a sum that leaves 64 bits is
// charging.ErrOverflow, never a wrong number. What a session owes for one service is
//
//	due = setup + max(min_charge, sum of its blocks)    once anything was used, else nothing
//
// and a charge is due after less due before. Units are paid in whole blocks of `per` units, each
// at the price in force when it starts. Progress.Rest counts the units of the last block that are
// paid and not yet used: they are free. Since a charge never falls as units grow, usage within a
// grant never costs more than the grant. Set-up and minimum belong to the session: a session that
// goes on under another rule pays no second set-up, and the minimum of the rule in force counts.
//
// # Decisions a plan's author should know
//
// A number of participants that nobody told counts as one, the creator; count_inviter adds one to
// a number that was told. Units nobody asked for fit every rule, since the server decides then.
// Used or requested input and output octets fit a rule that counts total octets. Currency amounts
// may leave the currency out only where they are zero, and units may be plain numbers, which count
// in the rule's unit. Where a rule gives no quota, 300 seconds, 10 MiB, one event or one whole unit
// of the currency are granted; time and octets are rounded up to whole blocks.
//
// The neighbours: package charging declares the ports that Tariffs and Plan implement and does the
// charging; package accounts keeps the versions; package api reads documents and answers quotes.
package rating
