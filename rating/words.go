package rating

import "strings"

// nearest finds the word that was probably meant, at most two letters away and less than half of
// what was written; empty where none is.
func nearest(got string, words []string) string {
	got = strings.ToLower(got)
	best, distance := "", 3
	for _, word := range words {
		if d := editDistance(got, strings.ToLower(word)); d < distance && 2*d < len(got) {
			best, distance = word, d
		}
	}
	return best
}

// editDistance counts the letters to add, drop or change on the way from a to b.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return len(a) + len(b)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
