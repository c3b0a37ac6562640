package diameter

type refusal struct{ message string }

func (d *Dictionary) inspect(frame []byte, request bool) *refusal {
	for rest := frame[headerLength:]; len(rest) > 0; {
		_, next, ok := nextAVP(rest)
		if !ok {
			return &refusal{"the length of an AVP leaves the space around it"}
		}
		rest = next
	}
	return nil
}
