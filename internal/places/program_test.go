package places_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	mysqlgen "github.com/tenancygen/tenancygen/internal/places/mysql/gen"
	sqlitegen "github.com/tenancygen/tenancygen/internal/places/sqlite/gen"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// want is what the program says for a tenant, whatever the database and the strategy are
// and whoever else is there.
const want = `plans []
put {alpha 0}, then {ALPHA 1}
replaced {gamma 0}
open [{ALPHA {mow true}} {ALPHA {sow true}} {beta { false}}]
copied 2, and to a project that is not there 0
finished 2, again 0
comments [{mow soon}], moved 1: [{sow soon}], dropped 1
done and dropped 2, again 0
touched 1: {ALPHA 11}
busy [{ALPHA 3}]
plans [free], and with them [{beta free}]
dropped 1, and of a project that is not there 0
open [{ALPHA { false}} {beta { false}}]
none []
without comments 1
rolled back: busy [{ALPHA 1}]
a plan, a project and a task that are not there are refused
left: busy [{ALPHA 2} {beta 1}]
`

// rows is how many the program leaves: projects, tasks and comments.
const rows = 3 + 3 + 2

// methods are those of the generated packages, which have types of their own for the rows.
type methods[Q, Project, Planned, Open, Busy, Comment any] interface {
	AddProject(ctx context.Context, id int64, name string, plan sql.NullInt64) error
	PutProject(ctx context.Context, id int64, name string) error
	ReplaceProject(ctx context.Context, id int64, name string) error
	GetProject(ctx context.Context, id int64) (Project, error)
	PlannedProjects(ctx context.Context) ([]Planned, error)
	AddTask(ctx context.Context, project int64, title string) (int64, error)
	CopyTasks(ctx context.Context, target, source int64) (int64, error)
	FinishTasks(ctx context.Context, projects []int64) (int64, error)
	Touch(ctx context.Context, title string) (int64, error)
	DropTasks(ctx context.Context, title, project string) (int64, error)
	DropDone(ctx context.Context, project string) (int64, error)
	OpenTasks(ctx context.Context, ids []int64) ([]Open, error)
	BusyProjects(ctx context.Context) ([]Busy, error)
	AddComment(ctx context.Context, task int64, body string) (int64, error)
	MoveComment(ctx context.Context, task int64, body string) (int64, error)
	DropComments(ctx context.Context, body string) (int64, error)
	DropQuiet(ctx context.Context, project int64) (int64, error)
	Comments(ctx context.Context) ([]Comment, error)
	PlansInUse(ctx context.Context) ([]string, error)
	InTx(ctx context.Context, fn func(Q) error) error
}

// transcript is what the program writes down, up to the first error.
type transcript struct {
	strings.Builder
	err error
}

func (t *transcript) sayf(format string, args ...any) {
	if t.err == nil {
		fmt.Fprintf(t, format+"\n", args...)
	}
}

// must takes an error of a method that returns nothing else.
func (t *transcript) must(err error) {
	if t.err == nil {
		t.err = err
	}
}

// refused takes what has to be an error of the database.
func (t *transcript) refused(what string, err error) {
	if err == nil {
		t.must(errors.New(what + ": no error"))
	}
}

// of returns what a method answers, and keeps its error.
func of[T any](t *transcript) func(T, error) T {
	return func(answer T, err error) T {
		t.must(err)
		return answer
	}
}

// program uses every method and writes down what they answer.
func program[Q methods[Q, Project, Planned, Open, Busy, Comment], Project, Planned, Open, Busy, Comment any](ctx context.Context, q Q) (string, error) {
	var t transcript
	count, project, names := of[int64](&t), of[Project](&t), of[[]string](&t)
	open, busy, comments, planned := of[[]Open](&t), of[[]Busy](&t), of[[]Comment](&t), of[[]Planned](&t)

	t.sayf("plans %v", names(q.PlansInUse(ctx)))
	t.must(q.PutProject(ctx, 1, "alpha"))
	before := project(q.GetProject(ctx, 1))
	t.must(q.PutProject(ctx, 1, "ALPHA"))
	t.sayf("put %v, then %v", before, project(q.GetProject(ctx, 1)))
	t.must(q.AddProject(ctx, 2, "beta", sql.NullInt64{Int64: 1, Valid: true}))
	t.must(q.ReplaceProject(ctx, 3, "old"))
	t.must(q.ReplaceProject(ctx, 3, "gamma"))
	t.sayf("replaced %v", project(q.GetProject(ctx, 3)))

	first := count(q.AddTask(ctx, 1, "sow"))
	second := count(q.AddTask(ctx, 1, "mow"))
	count(q.AddComment(ctx, second, "soon"))
	t.sayf("open %v", open(q.OpenTasks(ctx, []int64{1, 2, 9})))
	t.sayf("copied %d, and to a project that is not there %d", count(q.CopyTasks(ctx, 2, 1)), count(q.CopyTasks(ctx, 9, 1)))
	t.sayf("finished %d, again %d", count(q.FinishTasks(ctx, []int64{1})), count(q.FinishTasks(ctx, nil)))
	all := comments(q.Comments(ctx))
	count(q.AddComment(ctx, second, "bye"))
	dropped := count(q.DropComments(ctx, "bye"))
	moved := count(q.MoveComment(ctx, first, "soon"))
	t.sayf("comments %v, moved %d: %v, dropped %d", all, moved, comments(q.Comments(ctx)), dropped)
	count(q.MoveComment(ctx, second, "soon"))
	count(q.FinishTasks(ctx, []int64{2, 3}))
	t.sayf("done and dropped %d, again %d", count(q.DropDone(ctx, "beta")), count(q.DropDone(ctx, "beta")))

	count(q.AddTask(ctx, 1, "reap"))
	touched := count(q.Touch(ctx, "reap"))
	t.sayf("touched %d: %v", touched, project(q.GetProject(ctx, 1)))
	t.sayf("busy %v", busy(q.BusyProjects(ctx)))
	t.sayf("plans %v, and with them %v", names(q.PlansInUse(ctx)), planned(q.PlannedProjects(ctx)))
	t.sayf("dropped %d, and of a project that is not there %d", count(q.DropTasks(ctx, "reap", "ALPHA")), count(q.DropTasks(ctx, "sow", "delta")))
	t.sayf("open %v", open(q.OpenTasks(ctx, []int64{2, 1})))
	t.sayf("none %v", open(q.OpenTasks(ctx, nil)))
	t.sayf("without comments %d", count(q.DropQuiet(ctx, 1)))

	oops := errors.New("oops")
	err := q.InTx(ctx, func(q Q) error {
		_, err := q.AddTask(ctx, 2, "lost")
		return errors.Join(err, oops)
	})
	if !errors.Is(err, oops) {
		t.must(fmt.Errorf("a transaction that is rolled back: %w", err))
	}
	t.sayf("rolled back: busy %v", busy(q.BusyProjects(ctx)))
	t.refused("a plan", q.AddProject(ctx, 4, "delta", sql.NullInt64{Int64: 99, Valid: true}))
	_, err = q.AddTask(ctx, 9, "lost")
	t.refused("a project", err)
	_, err = q.AddComment(ctx, 1<<40, "lost")
	t.refused("a task", err)
	// Where tenants share tables, the ids before the first one are of others.
	for id := range first {
		_, err := q.AddComment(ctx, id, "another's")
		t.refused("another's task", err)
		_, err = q.MoveComment(ctx, id, "soon")
		t.refused("a comment to another's task", err)
	}
	t.sayf("a plan, a project and a task that are not there are refused")

	// What is left is in the way of who comes next and has no predicate.
	count(q.AddComment(ctx, second, "bye"))
	count(q.AddTask(ctx, 1, "reap"))
	count(q.AddTask(ctx, 2, "rest"))
	count(q.FinishTasks(ctx, []int64{2}))
	t.sayf("left: busy %v", busy(q.BusyProjects(ctx)))
	return t.String(), t.err
}

// application is a generated package on a provider.
type application struct {
	program func(context.Context, runtime.Tenant) (string, error)
	// left is what a tenant has when the program is over, and plan a plan of all.
	left func(context.Context, runtime.Tenant) (string, error)
	plan func(context.Context) (string, error)
}

func onSQLite(p sqldb.Provider) application {
	q := sqlitegen.New(p)
	return application{
		func(ctx context.Context, t runtime.Tenant) (string, error) { return program(ctx, q.ForTenant(t)) },
		func(ctx context.Context, t runtime.Tenant) (string, error) { return left(ctx, q.ForTenant(t)) },
		func(ctx context.Context) (string, error) {
			plan, err := q.Global().GetPlan(ctx, 1)
			return plan.Name, err
		},
	}
}

func onMySQL(p sqldb.Provider) application {
	q := mysqlgen.New(p)
	return application{
		func(ctx context.Context, t runtime.Tenant) (string, error) { return program(ctx, q.ForTenant(t)) },
		func(ctx context.Context, t runtime.Tenant) (string, error) { return left(ctx, q.ForTenant(t)) },
		func(ctx context.Context) (string, error) {
			plan, err := q.Global().GetPlan(ctx, 1)
			return plan.Name, err
		},
	}
}

// left reads all that a tenant has.
func left[Q methods[Q, Project, Planned, Open, Busy, Comment], Project, Planned, Open, Busy, Comment any](ctx context.Context, q Q) (string, error) {
	var t transcript
	project, open, busy := of[Project](&t), of[[]Open](&t), of[[]Busy](&t)
	t.sayf("%v %v %v", project(q.GetProject(ctx, 1)), open(q.OpenTasks(ctx, []int64{1, 2, 3})), busy(q.BusyProjects(ctx)))
	t.sayf("%v", of[[]Comment](&t)(q.Comments(ctx)))
	return t.String(), t.err
}
