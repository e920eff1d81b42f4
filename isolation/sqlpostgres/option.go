package sqlpostgres

import (
	"github.com/tenancygen/tenancygen/isolation/internal/policy"
	"github.com/tenancygen/tenancygen/runtime"
)

// DefaultSetting is the setting that holds the current tenant's id where
// WithSetting does not name another. Generated policies read it.
const DefaultSetting = policy.DefaultSetting

// Option configures a provider. The options of this package are the only ones.
type Option interface {
	apply(*options) error
}

type options struct {
	setting string
	ids     runtime.IDForm
}

type optionFunc func(*options) error

func (f optionFunc) apply(o *options) error { return f(o) }

// WithSetting names the setting that the policies read the tenant's id from.
// The default is DefaultSetting. A name that is no custom setting's is
// ErrSettingName. RowFilter has no use for it and ignores it.
func WithSetting(name string) Option {
	return optionFunc(func(o *options) error {
		if !policy.IsSetting(name) {
			return ErrSettingName
		}
		o.setting = name
		return nil
	})
}

// WithLayout gives the Layout of the generated package to a provider, which then refuses
// ids that the database would take for another tenant's (runtime.IDForm) on its handles,
// where other SQL than the package's runs. The package refuses them by itself.
func WithLayout(layout runtime.Layout) Option {
	return optionFunc(func(o *options) error {
		o.ids = layout.IDs
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
