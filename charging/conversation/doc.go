// Package conversation parses conversation files and plays them against any charging.Charger.
//
// A conversation is a seed in YAML, a line of three dashes, and then what a client and a charging
// server say to each other, line by line: requests (>), the answers expected (<), what accounts
// must hold then (=) and how the charging clock moves (+). The same file is played in process,
// over Gy and over REST, so the format knows only words of package charging; words of the wire are
// kept apart, and a file that uses them is played at Gy alone.
//
// A Writer writes lines as Parse reads them, for conversations that are made of what was seen.
//
// The package knows charging and nobody else. The seed is text to it: whoever starts the server
// reads that. What it needs of a server beside a Charger it declares as Books, Turner and Wire.
package conversation
