package conversation

import "fmt"

// Compare plays no favourites: it returns where the answers at several doors differ, one sentence
// each, and nothing if they agree. Reasons and the ledger's entry numbers are not compared, nor
// what lies outside of Words.
func Compare(reports ...*Report) []string {
	var differences []string
	for i := 1; i < len(reports); i++ {
		differences = append(differences, compareTwo(reports[0], reports[i])...)
	}
	return differences
}

func compareTwo(a, b *Report) []string {
	var differences []string
	if len(a.Events) != len(b.Events) {
		differences = append(
			differences,
			fmt.Sprintf("%s: %d lines played at door %s, %d at door %s",
				a.Name, len(a.Events), a.Door, len(b.Events), b.Door),
		)
	}
	for i := range min(len(a.Events), len(b.Events)) {
		one, other := &a.Events[i], &b.Events[i]
		if one.Answer == nil || other.Answer == nil {
			continue
		}
		if said, also := Words(one.Answer), Words(other.Answer); said != also {
			differences = append(
				differences,
				fmt.Sprintf("%s:%d: door %s answers %s, door %s answers %s",
					a.Name, one.Step.Line, a.Door, said, b.Door, also),
			)
		}
	}
	return differences
}
