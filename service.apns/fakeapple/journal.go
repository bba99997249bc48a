package fakeapple

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// journal appends each delivery to a writer as one line of JSON, before the sender gets its answer: what was answered
// is in the journal, even if this process is killed the moment after.
type journal struct {
	mu  sync.Mutex
	out io.Writer // Guarded by mu. Nil keeps no journal.
}

func (j *journal) append(d *Delivery) error {
	if j.out == nil {
		return nil
	}
	line, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encoding a delivery: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := j.out.Write(append(line, '\n')); err != nil { // One write: a kill cannot mix two lines.
		return fmt.Errorf("writing the journal: %w", err)
	}
	return nil
}

// ReadJournal reads what Options.Journal was written. Unlike the book it keeps every push: collapsed ones stand in it
// separately. A last line without its end, left by a kill, was never answered and is ignored.
func ReadJournal(in io.Reader) ([]Delivery, error) {
	var deliveries []Delivery
	lines := bufio.NewReader(in)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF):
			return deliveries, nil
		case err != nil:
			return nil, fmt.Errorf("reading the journal: %w", err)
		case len(bytes.TrimSpace(line)) == 0:
			continue
		}
		var d Delivery
		if err := json.Unmarshal(line, &d); err != nil {
			return nil, fmt.Errorf("reading the journal: line %d: %w", n, err)
		}
		deliveries = append(deliveries, d)
	}
}
