package goapi

import (
	"fmt"
	"go/constant"
	"go/types"
	"strings"
)

// Surface describes what a package exports, one entry for each constant,
// variable, function, type and method: names, types, the order, types and tags of
// fields, the values of constants. Names of parameters are left out, and so is the
// value of a constant that holds a statement.
func (p *Package) Surface() map[string]string {
	out := map[string]string{}
	for _, name := range p.Types.Scope().Names() {
		object := p.Types.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		switch object := object.(type) {
		case *types.Const:
			out[name] = "const " + p.typeString(object.Type()) + " = " + value(object)
		case *types.Func:
			out[name] = p.signature(object)
		case *types.TypeName:
			out[name] = "type " + p.underlying(object.Type())
			p.methods(out, name, object.Type())
		default:
			out[name] = object.String()
		}
	}
	if len(p.Missing) > 0 {
		out["not declared"] = strings.Join(p.Missing, ", ")
	}
	return out
}

// value is a constant's value, unless it is a statement, which begins with its
// query's name.
func value(c *types.Const) string {
	if c.Val().Kind() == constant.String && strings.HasPrefix(constant.StringVal(c.Val()), "-- name: ") {
		return "a statement"
	}
	return c.Val().ExactString()
}

// underlying describes a type: a struct with its exported fields and their tags,
// an interface with its methods.
func (p *Package) underlying(typ types.Type) string {
	var b strings.Builder
	switch u := typ.Underlying().(type) {
	case *types.Struct:
		b.WriteString("struct")
		for i := range u.NumFields() {
			if f := u.Field(i); f.Exported() {
				fmt.Fprintf(&b, "\n\t%s %s `%s`", f.Name(), p.typeString(f.Type()), u.Tag(i))
			}
		}
	case *types.Interface:
		b.WriteString("interface")
		for m := range u.Methods() {
			b.WriteString("\n\t" + m.Name() + " " + p.signature(m))
		}
	default:
		return p.typeString(u)
	}
	return b.String()
}

func (p *Package) methods(out map[string]string, label string, typ types.Type) {
	if types.IsInterface(typ) {
		return
	}
	set := types.NewMethodSet(types.NewPointer(typ))
	for m := range set.Methods() {
		if fn, ok := m.Obj().(*types.Func); ok && len(m.Index()) == 1 && fn.Exported() {
			out[label+"."+fn.Name()] = p.signature(fn)
		}
	}
}

// signature describes a function by its types alone.
func (p *Package) signature(fn *types.Func) string {
	sig := fn.Signature()
	list := func(tuple *types.Tuple, variadic bool) string {
		var parts []string
		for v := range tuple.Variables() {
			parts = append(parts, p.typeString(v.Type()))
		}
		if variadic {
			parts[len(parts)-1] += "..."
		}
		return "(" + strings.Join(parts, ", ") + ")"
	}
	return "func" + list(sig.Params(), sig.Variadic()) + list(sig.Results(), false)
}

// typeString describes a type; sqlc writes interface{} for any.
func (p *Package) typeString(typ types.Type) string {
	return strings.ReplaceAll(types.TypeString(typ, types.RelativeTo(p.Types)), "interface{}", "any")
}
