package diameter

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocs-sim/ocs-sim/charging"
)

const vendorAcme = 99999

func acmeDefinitions() []Definition {
	return []Definition{
		{Name: "Acme-Tier", Code: 1, Vendor: vendorAcme, Values: map[string]int32{"GOLD": 1}},
		{Name: "Acme-Points", Code: 2, Vendor: vendorAcme, Type: "Unsigned64"},
		{Name: "Acme-Info", Code: 3, Vendor: vendorAcme, Type: "Grouped"},
		{Name: "Acme-Standard", Code: 900, Type: "Unsigned32"},
		{Name: "Acme-3GPP", Code: 8000, Vendor: vendor3GPP, Type: "Unsigned32"},
	}
}

// mandatory is an AVP with the M flag, whoever defines it.
func mandatory(vendor, code uint32, data ...byte) part {
	return endAVP(append(appendHeader(nil, vendor, code, flagMandatory), data...), 0)
}

func TestVendorAVPsInARequest(t *testing.T) {
	t.Parallel()
	long := []byte{0, 0, 0, 0, 0, 0, 0, 7}
	cases := map[string]struct {
		part   part
		result charging.Result // before the dictionary is there, and
		with   charging.Result // with it; 0: well
		failed string
	}{
		"known": {mandatory(vendorAcme, 2, long...), resultAVPUnsupported, 0, ""},
		"known of the IETF": {
			mandatory(0, 900, 0, 0, 0, 1), resultAVPUnsupported, 0, "",
		},
		"known of 3GPP": {
			mandatory(vendor3GPP, 8000, 0, 0, 0, 1), resultAVPUnsupported, 0, "",
		},
		"a named value": {mandatory(vendorAcme, 1, 0, 0, 0, 1), resultAVPUnsupported, 0, ""},
		"another value": {
			mandatory(vendorAcme, 1, 0, 0, 0, 2),
			resultAVPUnsupported, charging.InvalidAVPValue, "Acme-Tier",
		},
		"another value, that need not be understood": {
			flagged(mandatory(vendorAcme, 1, 0, 0, 0, 2), flagVendor), 0, 0, "",
		},
		"a wrong length": {
			mandatory(vendorAcme, 2, 1, 2, 3, 4),
			resultAVPUnsupported, resultInvalidAVPLength, "Acme-Points",
		},
		"a wrong length, without the M flag": {
			flagged(mandatory(vendorAcme, 2, 1, 2, 3, 4), flagVendor),
			0, resultInvalidAVPLength, "Acme-Points",
		},
		"a wrong length in a group": {
			mandatory(vendorAcme, 3, mandatory(vendorAcme, 2, 1, 2, 3, 4)...),
			resultAVPUnsupported, resultInvalidAVPLength, "Acme-Info.Acme-Points",
		},
		"in a group of the standards": {
			group(avpServiceInformation, mandatory(vendorAcme, 2, long...)),
			resultAVPUnsupported, 0, "",
		},
		"in an MSCC": {
			group(avpMultipleServices, mandatory(vendorAcme, 2, long...)),
			resultAVPUnsupported, 0, "",
		},
		"not of the dictionary": {
			mandatory(vendorAcme, 77, 1), resultAVPUnsupported, resultAVPUnsupported, "",
		},
	}
	dictionaries := NewDictionaries()
	if _, faults := dictionaries.Put("acme", acmeDefinitions()); len(faults) > 0 {
		t.Fatal(faults)
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			frame := ccr(1, 0, c.part)
			before := decodeFrame(t, frame).Refused
			if got := resultOfRefusal(before); got != c.result {
				t.Errorf("without the dictionary the result is %d, want %d", got, c.result)
			}
			decoder := newDecoder(SharedDictionary(), testSelf)
			known := dictionaries.Current()
			r, _ := decoder.decodeWith(known, frame, testTime)
			if got := resultOfRefusal(r.Refused); got != c.with {
				t.Errorf("with the dictionary the result is %d, want %d", got, c.with)
			}
			if c.failed == "" {
				return
			}
			failed := known.appendFailedAVPs(nil, r.Refused.Failed[0].Raw)
			if len(failed) != 1 || failed[0].Path != c.failed {
				t.Errorf("Failed-AVP shows %v, want %s", failed, c.failed)
			}
		})
	}
}

func resultOfRefusal(r *charging.Refusal) charging.Result {
	if r == nil {
		return 0
	}
	return r.Result
}

func TestVendorAVPsInOtherMessages(t *testing.T) {
	t.Parallel()
	known, faults := SharedDictionary().With("acme", acmeDefinitions())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	h := header{flags: flagRequest, command: commandDeviceWatchdog}
	tier := mandatory(vendorAcme, 1, 0, 0, 0, 1)
	frame := message(h, words(avpOriginHost, "im.example.net"), tier)
	if fault := known.inspect(frame, true); fault != nil {
		t.Errorf("inspect() = %s, want no fault", fault.message)
	}
	if fault := SharedDictionary().inspect(frame, true); fault == nil {
		t.Error("inspect() without the dictionary finds no fault, want 5001")
	}
	want := message(h, words(avpOriginHost, "im.example.net"))
	if diff := cmp.Diff(want, known.forLibrary(frame, h)); diff != "" {
		t.Errorf("the library is shown what it does not know (-want +got):\n%s", diff)
	}
	wrong := message(h, mandatory(vendorAcme, 1, 0, 0, 0, 9))
	if fault := known.inspect(wrong, true); fault == nil || fault.result != charging.InvalidAVPValue {
		t.Errorf("inspect() of a value without a name = %v, want 5004", fault)
	}
}

func TestDictionaries(t *testing.T) {
	t.Parallel()
	d := NewDictionaries()
	knows := func(want bool, name string) {
		t.Helper()
		if _, got := d.Current().named(name); got != want {
			t.Errorf("%s is known: %v, want %v", name, got, want)
		}
	}
	if faults := d.Add("seed", acmeDefinitions()[:1]); len(faults) > 0 {
		t.Fatal(faults)
	}
	d.Keep()
	if created, faults := d.Put("more", acmeDefinitions()[1:]); !created || len(faults) > 0 {
		t.Errorf("Put(more) = %v, %v, want it created", created, faults)
	}
	knows(true, "Acme-Tier")
	knows(true, "Acme-Points")
	if _, faults := d.Put("wrong", []Definition{
		{Name: "Acme-Points", Code: 2, Vendor: vendorAcme, Type: "Time"},
		{Name: "Acme-New", Code: 99, Vendor: vendorAcme, Type: "Time"},
	}); len(faults) != 1 {
		t.Errorf("Put(wrong) = %v, want one fault", faults)
	}
	knows(false, "Acme-New")
	if created, faults := d.Put("more", acmeDefinitions()[2:]); created || len(faults) > 0 {
		t.Errorf("Put(more) again = %v, %v, want it changed", created, faults)
	}
	knows(false, "Acme-Points")
	if diff := cmp.Diff([]string{"more", "seed"}, d.Names()); diff != "" {
		t.Errorf("Names() (-want +got):\n%s", diff)
	}
	if err := d.Delete("more"); err != nil {
		t.Errorf("Delete(more) = %v", err)
	}
	knows(false, "Acme-Info")
	if err := d.Delete("more"); kindOfError(err) != KindDictionaryNotFound {
		t.Errorf("Delete(more) again = %v, want %s", err, KindDictionaryNotFound)
	}
	tier := acmeDefinitions()[0]
	tier.Values = map[string]int32{"GOLD": 1, "IRON": 2}
	if faults := d.Add("seed", []Definition{tier, acmeDefinitions()[1]}); len(faults) > 0 {
		t.Errorf("Add(seed) = %v, want the old one replaced", faults)
	}
	definitions, err := d.Named("seed")
	if err != nil || len(definitions) != 2 {
		t.Errorf("Named(seed) = %v, %v, want two", definitions, err)
	}
	d.Rewind()
	knows(true, "Acme-Tier")
	knows(false, "Acme-Points")
	if _, err := d.Named("more"); kindOfError(err) != KindDictionaryNotFound {
		t.Errorf("Named(more) = %v, want %s", err, KindDictionaryNotFound)
	}
}
