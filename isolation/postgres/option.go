package postgres

import "regexp"

// DefaultSetting is the setting that holds the current tenant's id where
// WithSetting does not name another. Generated policies read it.
const DefaultSetting = "app.current_tenant"

// Option configures a provider. The options of this package are the only ones.
type Option interface {
	apply(*options) error
}

type options struct {
	setting string
}

type optionFunc func(*options) error

func (f optionFunc) apply(o *options) error { return f(o) }

// A custom setting has two or more identifiers joined by dots. One without a
// dot would be a setting of PostgreSQL's own, such as role or search_path.
var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+$`)

// WithSetting names the setting that the policies read the tenant's id from.
// The default is DefaultSetting. A name that is no custom setting's is
// ErrSettingName. RowFilter has no use for it and ignores it.
func WithSetting(name string) Option {
	return optionFunc(func(o *options) error {
		if !settingName.MatchString(name) {
			return ErrSettingName
		}
		o.setting = name
		return nil
	})
}

func newOptions(opts []Option) (options, error) {
	o := options{setting: DefaultSetting}
	for _, opt := range opts {
		if err := opt.apply(&o); err != nil {
			return options{}, err
		}
	}
	return o, nil
}
