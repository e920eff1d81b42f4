package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

// demo plays the users of three companies, and keeps what they asked and got.
type demo struct {
	tenancy  *tenancy
	strategy runtime.Strategy
	users    *users
	url      string
	steps    []step
}

// step is a line of the table.
type step struct{ who, request, expected, got string }

func (s step) ok() bool { return s.expected == s.got }

// company is a tenant of the demo, with one user.
type company struct{ name, user string }

var (
	acme    = company{"acme", "alice"}
	globex  = company{"globex", "bob"}
	initech = company{"initech", "carol"}
)

// initechLimit is how many requests a minute initech has; the others have many.
const initechLimit = 3

// play is the demo. The error is for what keeps it from going on; what is not as expected
// is in the table.
func (d *demo) play(ctx context.Context) error {
	ids := map[company]string{}
	for _, c := range []company{acme, globex, initech} {
		id, err := d.register(ctx, c)
		if err != nil {
			return err
		}
		ids[c] = id
	}
	d.nobody(ctx, "GET /plans", "200")

	// Each writes, and then reads what is its own: also where an OR would open the door.
	for _, c := range []company{acme, globex} {
		d.ask(ctx, c, c, "POST /invoices", "201 "+c.name+"-1")
		d.ask(ctx, c, c, "GET /invoices", "200 "+c.name+"-1")
		d.ask(ctx, c, c, "GET /invoices?search=%25", "200 "+c.name+"-1")
	}

	// The first invoice is acme's. For globex there is none of that id.
	const acmes = "/invoices/1"
	d.ask(ctx, acme, acme, "GET "+acmes, "200 acme-1")
	if d.strategy == runtime.StrategyRow {
		d.ask(ctx, globex, globex, "GET "+acmes, "404")
		d.ask(ctx, globex, globex, "DELETE "+acmes, "404")
	} else { // with tables of its own, globex has a first invoice, too
		d.ask(ctx, globex, globex, "GET "+acmes, "200 globex-1")
		d.ask(ctx, globex, globex, "DELETE "+acmes, "204")
	}
	d.ask(ctx, acme, acme, "GET "+acmes, "200 acme-1")

	// To say that one is somebody else does not help, and a company that does not exist
	// looks no different.
	d.ask(ctx, globex, acme, "GET "+acmes, "404")
	d.ask(ctx, globex, company{name: "nosuch"}, "GET "+acmes, "404")
	d.nobody(ctx, "GET /invoices", "404")

	// The limit is the company's own.
	d.ask(ctx, initech, initech, "POST /invoices", "201 initech-1")
	for range initechLimit - 1 {
		d.ask(ctx, initech, initech, "GET /invoices", "200 initech-1")
	}
	d.ask(ctx, initech, initech, "GET /invoices", "429 Retry-After")
	d.ask(ctx, acme, acme, "GET /invoices", "200 acme-1")

	t, err := d.tenancy.manager.Suspend(ctx, ids[acme], manager.SuspendOptions{Drain: true})
	if err != nil {
		return err
	}
	d.steps = append(d.steps, step{"admin", "suspend acme", string(runtime.StatusSuspended), string(t.Status)})
	d.ask(ctx, acme, acme, "GET /invoices", "404")
	return nil
}

// register makes a tenant, and its user one who may act for it.
func (d *demo) register(ctx context.Context, c company) (id string, err error) {
	registration := manager.Registration{Identifier: runtime.MustIdentifier(c.name), Name: strings.ToUpper(c.name)}
	if c == initech {
		registration.Metadata, err = runtime.NewMetadata(map[string]any{
			manager.LimitKey: map[string]any{"requests": initechLimit, "window": "1m"},
		})
		if err != nil {
			return "", err
		}
	}
	t, err := d.tenancy.manager.Register(ctx, registration)
	if err != nil {
		return "", err
	}
	d.users.tenants[c.user] = t.ID
	d.steps = append(d.steps, step{"admin", "register " + c.name, string(runtime.StatusActive), string(t.Status)})
	return t.ID, nil
}

// ask sends a request of a company's user, who says that he acts for a company.
func (d *demo) ask(ctx context.Context, as, says company, request, expected string) {
	shown := request
	if says != as {
		shown += ", as " + says.name
	}
	d.steps = append(d.steps, step{as.user, shown, expected, d.send(ctx, request, map[string]string{
		"Authorization": "Bearer " + as.user, resolver.DefaultHeader: says.name,
	}, as)})
}

// nobody sends a request without a word about who it is from.
func (d *demo) nobody(ctx context.Context, request, expected string) {
	d.steps = append(d.steps, step{"nobody", request, expected, d.send(ctx, request, nil, company{})})
}

// send returns the status of an answer, and what is to be seen of it: the numbers of the
// invoices, and whether a refusal says when to come again.
func (d *demo) send(ctx context.Context, request string, header map[string]string, as company) string {
	method, path, _ := strings.Cut(request, " ")
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(fmt.Sprintf(`{"number": "%[1]s-1", "customer": "customer of %[1]s", "lines": [{"description": "work", "cents": 500}]}`, as.name))
	}
	r, err := http.NewRequestWithContext(ctx, method, d.url+path, body)
	if err != nil {
		return err.Error()
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	got := fmt.Sprint(response.StatusCode)
	if response.Header.Get("Retry-After") != "" {
		got += " Retry-After"
	}
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(got + " " + numbers(answer))
}

// numbers are those of the invoices in an answer: one, a list, or none.
func numbers(answer []byte) string {
	type invoice struct{ Number string }
	var list []invoice
	if json.Unmarshal(answer, &list) != nil {
		list = make([]invoice, 1)
		if json.Unmarshal(answer, &list[0]) != nil {
			return ""
		}
	}
	var out []string
	for _, i := range list {
		if i.Number != "" {
			out = append(out, i.Number)
		}
	}
	return strings.Join(out, " ")
}

// errUnexpected is returned where an answer is not as expected.
var errUnexpected = errors.New("not every answer is as expected")

// print writes the table.
func (d *demo) print(out io.Writer) error {
	wrong := 0
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "who\trequest\texpected\tgot\tok")
	for _, s := range d.steps {
		ok := "yes"
		if !s.ok() {
			ok = "NO"
			wrong++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.who, s.request, s.expected, cmp.Or(s.got, "-"), ok)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d of %d as expected, isolation %s\n", len(d.steps)-wrong, len(d.steps), d.strategy)
	if wrong > 0 {
		return errUnexpected
	}
	return nil
}
