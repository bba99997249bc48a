package client

import (
	"encoding/json"
	"time"
)

// OptionalTime is a time, or the zero time where the API has an empty text.
type OptionalTime struct{ time.Time }

// UnmarshalJSON reads a time or an empty text.
func (t *OptionalTime) UnmarshalJSON(text []byte) error {
	if string(text) == `""` {
		t.Time = time.Time{}
		return nil
	}
	return json.Unmarshal(text, &t.Time)
}

// MarshalJSON writes what UnmarshalJSON reads.
func (t OptionalTime) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte(`""`), nil
	}
	return json.Marshal(t.Time)
}

// UnmarshalJSON reads a merchant, or only its ID where the API shows no more.
func (m *Merchant) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		*m = Merchant{}
		return json.Unmarshal(text, &m.ID)
	}
	type whole Merchant
	return json.Unmarshal(text, (*whole)(m))
}

// MarshalJSON writes what UnmarshalJSON reads.
func (m Merchant) MarshalJSON() ([]byte, error) {
	if m.Metadata == nil && m.Name == "" {
		return json.Marshal(m.ID)
	}
	type whole Merchant
	return json.Marshal(whole(m))
}
