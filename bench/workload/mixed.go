package workload

// What the writes write.
const (
	note   = "the ticket was looked at"
	amount = 500
)

// steps are the statements of MixedTx, within its transaction.
type steps struct{ point, update, insert func() error }

// run runs ten of them in turn, a point read first and last.
func (s steps) run() error {
	for i := range 10 {
		step := [...]func() error{s.point, s.update, s.insert}[i%3]
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
