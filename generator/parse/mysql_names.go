package parse

func (d mySQL) Outline(sql string, visit func(*Mention)) (string, error) {
	return tokenOutline(d, sql, visit)
}

func (d mySQL) SplitName(text string) (schema, name string, ok bool) { return wholeName(d, text) }

// SchemaStatements parses a schema file.
func (d mySQL) SchemaStatements(text string) ([]*SchemaStatement, error) {
	_, err := d.Schema(text)
	return nil, err
}
