package goapi

import (
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"strconv"
	"strings"
)

// stubsOf makes packages for the imports that are not there, with the names that
// the files use of them: functions where they are called, types otherwise.
func stubsOf(files []*ast.File, known func(path string) bool) map[string]*types.Package {
	stubs := map[string]*types.Package{}
	for _, file := range files {
		names := map[string]*types.Package{} // by the name in this file
		var unnamed []string
		for _, spec := range file.Imports {
			at, err := strconv.Unquote(spec.Path.Value)
			switch {
			case err != nil || known(at):
			case spec.Name != nil:
				names[spec.Name.Name] = stub(stubs, at, spec.Name.Name)
			default:
				unnamed = append(unnamed, at)
			}
		}
		qualifiers := unresolvedQualifiers(file)
		for _, at := range unnamed {
			name := nameIn(at, qualifiers)
			names[name] = stub(stubs, at, name)
		}
		declare(file, names)
	}
	return stubs
}

func stub(stubs map[string]*types.Package, at, name string) *types.Package {
	if stubs[at] == nil {
		stubs[at] = types.NewPackage(at, name)
		stubs[at].MarkComplete()
	}
	return stubs[at]
}

// unresolvedQualifiers are the names before a dot that the file does not declare.
func unresolvedQualifiers(file *ast.File) map[string]bool {
	unresolved := map[*ast.Ident]bool{}
	for _, id := range file.Unresolved {
		unresolved[id] = true
	}
	out := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok && unresolved[id] {
				out[id.Name] = true
			}
		}
		return true
	})
	return out
}

// nameIn finds the name of a package that is imported without one: that of the
// qualifiers which the last parts of its path hold.
func nameIn(at string, qualifiers map[string]bool) string {
	for dir := at; dir != "." && dir != "/"; dir = path.Dir(dir) {
		base := path.Base(dir)
		if qualifiers[base] {
			return base
		}
		for name := range qualifiers {
			if strings.HasPrefix(base, name+".") || strings.HasSuffix(base, "-"+name) || strings.HasPrefix(base, name+"-") {
				return name
			}
		}
	}
	return path.Base(at)
}

// declare adds what the file uses of the packages.
func declare(file *ast.File, names map[string]*types.Package) {
	called, instances := map[*ast.SelectorExpr]bool{}, map[*ast.SelectorExpr]int{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok {
				called[s] = true
			}
		case *ast.IndexExpr:
			if s, ok := n.X.(*ast.SelectorExpr); ok {
				instances[s] = 1
			}
		case *ast.IndexListExpr:
			if s, ok := n.X.(*ast.SelectorExpr); ok {
				instances[s] = len(n.Indices)
			}
		case *ast.SelectorExpr:
			id, ok := n.X.(*ast.Ident)
			if !ok || id.Obj != nil || names[id.Name] == nil {
				return true
			}
			if pkg := names[id.Name]; pkg.Scope().Lookup(n.Sel.Name) == nil {
				pkg.Scope().Insert(object(pkg, n.Sel.Name, called[n], instances[n]))
			}
		}
		return true
	})
}

func object(pkg *types.Package, name string, called bool, params int) types.Object {
	anything := types.Universe.Lookup("any").Type()
	if called {
		args := types.NewTuple(types.NewVar(token.NoPos, pkg, "args", types.NewSlice(anything)))
		result := types.NewTuple(types.NewVar(token.NoPos, pkg, "", anything))
		return types.NewFunc(token.NoPos, pkg, name, types.NewSignatureType(nil, nil, nil, args, result, true))
	}
	typ := types.NewTypeName(token.NoPos, pkg, name, nil)
	named := types.NewNamed(typ, types.NewStruct(nil, nil), nil)
	var list []*types.TypeParam
	for i := range params {
		list = append(list, types.NewTypeParam(types.NewTypeName(token.NoPos, pkg, "T"+strconv.Itoa(i), nil), anything))
	}
	named.SetTypeParams(list)
	return typ
}
