package dialect

import "strings"

// mySQLFunctions are the functions of the manuals of MySQL 8.0 and MariaDB 10.11 that
// compute from their arguments alone, and those that tell the time or are random.
var mySQLFunctions = classify(map[FunctionClass]string{
	FunctionPlain: `
		abs acos asin atan atan2 ceil ceiling conv cos cot crc32 crc32c degrees exp floor format greatest least ln log
		log10 log2 mod oct pi pow power radians rand round sign sin sqrt tan truncate hex bin
		ascii bit_count bit_length char char_length character_length concat concat_ws elt export_set field find_in_set from_base64
		insert instr lcase left length lower lpad ltrim make_set mid natural_sort_key octet_length ord position
		quote regexp_instr regexp_like regexp_replace regexp_substr repeat replace reverse right rpad rtrim soundex space
		strcmp substr substring substring_index to_base64 trim ucase unhex upper weight_string like convert
		adddate addtime add_months curdate current_date current_time current_timestamp curtime date date_add date_format
		date_sub datediff day dayname dayofmonth dayofweek dayofyear extract from_days from_unixtime get_format hour
		last_day localtime localtimestamp makedate maketime microsecond minute month monthname now period_add period_diff
		quarter sec_to_time second str_to_date subdate subtime sysdate time time_format time_to_sec timediff timestamp
		timestampadd timestampdiff to_char to_days to_seconds unix_timestamp utc_date utc_time utc_timestamp week weekday
		weekofyear year yearweek
		coalesce if ifnull nullif isnull nvl nvl2 decode_oracle interval
		json_array json_array_append json_array_insert json_compact json_contains json_contains_path json_depth json_detailed
		json_equals json_exists json_extract json_insert json_keys json_length json_loose json_merge json_merge_patch
		json_merge_preserve json_normalize json_object json_overlaps json_pretty json_query json_quote json_remove
		json_replace json_search json_set json_storage_size json_type json_unquote json_valid json_value
		md5 sha sha1 sha2 aes_encrypt aes_decrypt compress uncompress uncompressed_length random_bytes
		uuid uuid_short uuid_to_bin bin_to_uuid is_uuid sys_guid uuid_v4 uuid_v7
		inet_aton inet_ntoa inet6_aton inet6_ntoa is_ipv4 is_ipv6 is_ipv4_compat is_ipv4_mapped
		point linestring polygon st_astext st_asgeojson st_geomfromtext st_geomfromgeojson st_distance st_distance_sphere
		st_contains st_within st_intersects st_x st_y st_srid st_area st_length st_buffer st_centroid
		coercibility charset collation grouping`,
	FunctionAggregate: `
		any_value avg bit_and bit_or bit_xor count group_concat json_arrayagg json_objectagg max min std stddev stddev_pop
		stddev_samp sum var_pop var_samp variance median percentile_cont percentile_disc`,
	FunctionWindow: `
		cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number`,
})

// mySQLForbidden are refused even when the configuration allows them: they read files,
// tell or change what a session keeps from one tenant's statement to another's, hold
// locks that all tenants share, or wait.
var mySQLForbidden = words(`
	load_file last_insert_id found_rows row_count get_lock release_lock release_all_locks is_free_lock is_used_lock
	sleep benchmark master_pos_wait source_pos_wait wait_for_executed_gtid_set master_gtid_wait
	lastval setval sys_exec sys_eval sys_get sys_set`)

// words is the set of some words.
func words(list string) map[string]bool {
	out := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		out[word] = true
	}
	return out
}
