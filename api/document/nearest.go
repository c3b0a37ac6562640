package document

import (
	"slices"
	"strings"
)

// nearest finds the known word that was probably meant: at most a third of it is wrong. Empty:
// none is near.
func nearest(word string, known []string) string {
	best, least := "", max(len(word)/3, 1)+1
	for _, candidate := range known {
		if distance := editDistance(strings.ToLower(word), candidate); distance < least {
			best, least = candidate, distance
		}
	}
	return best
}

// editDistance counts the letters to insert, delete, replace or swap with their neighbour (the
// optimal string alignment distance).
func editDistance(from, to string) int {
	if len(from) > 64 || len(to) > 64 {
		return 64
	}
	before := make([]int, len(to)+1)
	last := make([]int, len(to)+1)
	row := make([]int, len(to)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(from); i++ {
		row[0] = i
		for j := 1; j <= len(to); j++ {
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differ(from[i-1], to[j-1]))
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(to)]
}

func differ(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}

// unknownKey words the fault of a key that means nothing where it stands.
func unknownKey(key string, known []string) string {
	message := `unknown key "` + shortened(key) + `"`
	if meant := nearest(key, known); meant != "" {
		return message + `; did you mean "` + meant + `"?`
	}
	if len(known) == 0 {
		return message
	}
	sorted := slices.Sorted(slices.Values(known))
	return message + "; known here: " + strings.Join(sorted, ", ")
}
