package rating

import "strings"

// A glob is a pattern in which * stands for any text and ? for any one octet. Letters match in
// either case, as domains and addresses do.
type glob string

// newGlob folds the pattern's letters once, so that matching folds only the text.
func newGlob(pattern string) glob { return glob(strings.ToLower(pattern)) }

// matches reports whether the whole text fits. Only the last star is ever taken back, so the work
// is bounded by pattern times text.
func (g glob) matches(text string) bool {
	at, from := 0, 0
	star, resume := -1, 0
	for from < len(text) {
		switch {
		case at < len(g) && g[at] == '*':
			star, resume = at, from
			at++
		case at < len(g) && (g[at] == '?' || g[at] == lower(text[from])):
			at++
			from++
		case star >= 0:
			resume++
			at, from = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(string(g[at:]), "*") == ""
}

// covers reports whether g surely matches all that other matches. A star of other is only taken
// by a star of g: with ? it is replaced by something g cannot take for one octet.
func (g glob) covers(other glob) bool {
	if g == other {
		return true
	}
	if strings.Contains(string(g), "?") && strings.Contains(string(other), "*") {
		return false
	}
	return g.matches(string(other))
}

// plain reports whether the pattern is a literal text.
func (g glob) plain() bool { return !strings.ContainsAny(string(g), "*?") }

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
