package dialect

import "strings"

// builtinFunctions are the functions of PostgreSQL's manual, chapter 9, and of
// the extensions that come with it, that compute from their arguments alone.
var builtinFunctions = classify(map[FunctionClass]string{
	FunctionPlain: `
		abs acos acosd acosh asin asind asinh atan atan2 atan2d atand atanh cbrt ceil ceiling cos cosd cosh cot cotd
		degrees div erf erfc exp factorial floor gcd lcm ln log log10 min_scale mod pi pow power radians random round
		scale sign sin sind sinh sqrt tan tand tanh trim_scale trunc width_bucket random_normal
		ascii bit_length btrim casefold char_length character_length chr concat concat_ws convert convert_from
		convert_to decode encode format initcap left length lower lpad ltrim md5 normalize is_normalized octet_length
		overlay parse_ident position quote_ident quote_literal quote_nullable regexp_count regexp_instr regexp_like
		regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr repeat
		replace reverse right rpad rtrim split_part starts_with string_to_array string_to_table strpos substr substring
		to_ascii to_bin to_hex to_oct translate trim unistr upper unicode_assigned
		bit_count crc32 crc32c get_bit get_byte set_bit set_byte sha224 sha256 sha384 sha512 like_escape similar_to_escape
		to_char to_date to_number to_timestamp
		age clock_timestamp date_add date_bin date_part date_subtract date_trunc extract isfinite justify_days
		justify_hours justify_interval make_date make_interval make_time make_timestamp make_timestamptz now
		statement_timestamp timeofday timezone transaction_timestamp overlaps
		enum_first enum_last enum_range
		area bound_box box center circle diagonal diameter height isclosed isopen line lseg npoints path pclose point
		polygon popen radius slope width
		abbrev broadcast family host hostmask inet_merge inet_same_family macaddr8_set7bit masklen netmask network
		set_masklen text
		array_to_tsvector get_current_ts_config numnode phraseto_tsquery plainto_tsquery querytree setweight strip
		to_tsquery to_tsvector json_to_tsvector jsonb_to_tsvector ts_delete ts_filter ts_headline ts_rank ts_rank_cd
		tsquery_phrase tsvector_to_array websearch_to_tsquery
		gen_random_uuid uuid_extract_timestamp uuid_extract_version uuidv4 uuidv7
		array_to_json json_array_elements json_array_elements_text json_array_length json_build_array
		json_build_object json_each json_each_text json_extract_path json_extract_path_text json_object
		json_object_keys json_populate_record json_populate_recordset json_strip_nulls json_to_record
		json_to_recordset json_typeof row_to_json to_json to_jsonb
		jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object
		jsonb_each jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object
		jsonb_object_keys jsonb_path_exists jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query
		jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz
		jsonb_path_query_tz jsonb_populate_record jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_set_lax
		jsonb_strip_nulls jsonb_to_record jsonb_to_recordset jsonb_typeof
		array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position
		array_positions array_prepend array_remove array_replace array_reverse array_sample array_shuffle array_sort
		array_to_string array_upper cardinality trim_array unnest generate_series generate_subscripts
		isempty lower_inc lower_inf upper_inc upper_inf range_merge multirange
		int4range int8range numrange tsrange tstzrange daterange
		int4multirange int8multirange nummultirange tsmultirange tstzmultirange datemultirange
		coalesce nullif greatest least num_nonnulls num_nulls
		nextval
		current_schema pg_typeof pg_column_size
		bool date float4 float8 int2 int4 int8 interval numeric time timestamp timestamptz varchar bpchar jsonb json uuid
		txid_current pg_current_xact_id
		crypt gen_salt digest hmac armor dearmor gen_random_bytes pgp_sym_encrypt pgp_sym_decrypt
		uuid_generate_v1 uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 uuid_generate_v5 uuid_nil
		similarity word_similarity strict_word_similarity show_trgm unaccent levenshtein soundex metaphone dmetaphone
		hstore akeys avals hstore_to_json hstore_to_jsonb citext`,
	FunctionAggregate: `
		any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or count every json_agg json_agg_strict
		json_object_agg json_object_agg_strict json_object_agg_unique json_object_agg_unique_strict jsonb_agg
		jsonb_agg_strict jsonb_object_agg jsonb_object_agg_strict jsonb_object_agg_unique
		jsonb_object_agg_unique_strict max min range_agg range_intersect_agg string_agg sum xmlagg
		corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy
		regr_syy stddev stddev_pop stddev_samp variance var_pop var_samp mode percentile_cont percentile_disc`,
	FunctionWindow: `
		row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value`,
})

// forbiddenFunctions are refused even when the configuration allows them: they
// take SQL text or a table's name, change the tenant's setting in the middle of a
// statement, or reach session state, files, large objects or other sessions.
var forbiddenFunctions = func() map[string]bool {
	out := map[string]bool{}
	for name := range strings.FieldsSeq(`
		set_config query_to_xml query_to_xml_and_xmlschema query_to_xmlschema table_to_xml table_to_xml_and_xmlschema
		table_to_xmlschema schema_to_xml schema_to_xml_and_xmlschema schema_to_xmlschema database_to_xml
		database_to_xml_and_xmlschema database_to_xmlschema cursor_to_xml cursor_to_xmlschema ts_stat ts_rewrite
		crosstab crosstab2 crosstab3 crosstab4 crosstabn connectby dblink dblink_exec dblink_open dblink_fetch
		dblink_send_query dblink_get_result dblink_connect dblink_connect_u xpath_table setval lastval currval setseed
		pg_read_file pg_read_binary_file pg_ls_dir pg_stat_file pg_terminate_backend pg_cancel_backend
		pg_reload_conf pg_logical_emit_message lo_import lo_export lo_get lo_put lo_open lo_creat lo_create lo_unlink
		lo_from_bytea loread lowrite`) {
		out[name] = true
	}
	return out
}()
