package dialect

// sqliteFunctions are the functions of SQLite's manual that compute from their arguments
// alone, and those that tell the time or are random.
var sqliteFunctions = classify(map[FunctionClass]string{
	FunctionPlain: `
		abs char coalesce concat concat_ws format glob hex if ifnull iif instr length like likelihood likely lower ltrim
		nullif octet_length printf quote random randomblob replace round rtrim sign soundex substr
		substring trim typeof unhex unicode unistr unistr_quote unlikely upper zeroblob regexp match
		date time datetime julianday unixepoch strftime timediff current_date current_time current_timestamp
		acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow
		power radians sin sinh sqrt tan tanh trunc
		json jsonb json_array jsonb_array json_array_length json_error_position json_extract jsonb_extract json_insert
		jsonb_insert json_object jsonb_object json_patch jsonb_patch json_pretty json_remove jsonb_remove json_replace
		jsonb_replace json_set jsonb_set json_type json_valid json_quote json_each json_tree jsonb_each jsonb_tree
		bm25 highlight snippet generate_series`,
	FunctionAggregate: `
		avg count group_concat max median min percentile percentile_cont percentile_disc string_agg sum total
		json_group_array jsonb_group_array json_group_object jsonb_group_object`,
	FunctionWindow: `
		row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value`,
})

// sqliteForbidden are refused even when the configuration allows them: they read or
// write files, load code, or tell what a connection keeps from one tenant's statement to
// another's.
var sqliteForbidden = words(`
	load_extension readfile writefile edit fts3_tokenizer last_insert_rowid changes total_changes sqlite_offset sqlite_log
	sqlite_dbpage sqlite_dbdata fsdir raise`)
