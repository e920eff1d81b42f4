package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/audit"
)

// corpus is a project of others that lies beside the repository.
func corpus(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "..", "shared", "corpora", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the project %s is not beside the repository", name)
	}
	return dir
}

// minderClasses are the classes of minder's queries, checked by hand against their
// text and docs/audit.md.
var minderClasses = map[audit.Class]string{
	audit.Anchored: `
		CreateDataSource AddDataSourceFunction UpdateDataSource UpdateDataSourceFunction DeleteDataSource
		DeleteDataSourceFunction DeleteDataSourceFunctions GetDataSource GetDataSourceByName ListDataSources
		ListDataSourceFunctions AddRuleTypeDataSourceReference DeleteRuleTypeDataSource CreateEntity
		CreateEntityWithID DeleteEntity GetEntityByName GetEntitiesByType GetEntitiesByProjectHierarchy
		CountEntitiesByTypeAndProject GetFeatureInProject GetEntitlementFeaturesByProjectID CreateEntitlements
		EnqueueFlush ListInvitationsForProject GetInvitationsByEmailAndProject CreateInvitation
		GetProfileStatusByIdAndProject GetProfileStatusByNameAndProject GetProfileStatusByProject CreateProfile
		UpdateProfile GetProfileByID GetProfileByIDAndLock GetProfileByNameAndLock DeleteProfile
		CountProfilesByProjectID CreateProjectWithID GetProjectByID OrphanProject UpdateProjectMeta
		GetRootProjectByID GetAccessTokenByProjectID GetAccessTokenSinceDate UpsertAccessToken
		GetAccessTokenByEnrollmentNonce GetInstallationIDByEnrollmentNonce CreateProvider GetProviderByName
		GetProviderByIDAndProject FindProviders ListProvidersByProjectID ListProvidersByProjectIDPaginated
		UpdateProvider DeleteProvider GetRuleInstancesEntityInProjects DeleteRuleInstanceOfProfileInProject
		CreateRuleType ListRuleTypesByProject GetRuleTypeByID GetRuleTypeByName CreateSessionState
		DeleteSessionStateByProjectID CreateSubscription GetSubscriptionByProjectBundle SetSubscriptionBundleVersion`,
	audit.Unanchored: `
		ListRuleTypesReferencesByDataSource GetEntityByID ListEntitiesAfterID EntityExistsAfterID
		GetEntitiesByProvider CountEntitiesByType ReleaseLock UpdateLease FlushCache ListFlushCache
		GetInvitationsByEmail GetInvitationByCode DeleteInvitation UpdateInvitationRole
		ListRuleEvaluationsByProfileId ListProfilesInstantiatingRuleType CountProfilesByEntityType
		CountProfilesByName BulkGetProfilesByID GetAccessTokenByProvider ListTokensToMigrate
		UpdateEncryptedSecret GetInstallationIDByProviderID GetInstallationIDByAppID
		GetUnclaimedInstallationsByUser DeleteInstallationIDByAppID GetProviderByID GlobalListProviders
		GlobalListProvidersByClass GetRuleInstancesForProfile DeleteNonUpdatedRules
		GetRuleTypeIDByRuleNameEntityProfile DeleteRuleType UpdateRuleType GetRuleTypeNameByID
		GetProjectIDBySessionState DeleteExpiredSessionStates`,
	// The upserts among them conflict on a key without the project.
	audit.Partial: `
		CreateOrEnsureEntityByID GetEntitiesWithProps LockIfThresholdNotExceeded GetEvaluationHistory
		ListEvaluationHistory GetProfileByProjectAndID GetProfileByProjectAndName ListProfilesByProjectIDAndLabel
		UpsertInstallationID UpsertRuleInstance GetRuleTypesByEntityInHierarchy`,
	audit.ChildOnly: `
		GetProperty DeleteProperty UpsertProperty GetAllPropertiesForEntity DeleteAllPropertiesForEntity
		GetLatestEvalStateForRuleEntity InsertEvaluationRuleEntity InsertEvaluationStatus
		UpsertLatestEvaluationStatus InsertRemediationEvent InsertAlertEvent ListEvaluationHistoryStaleRecords
		DeleteEvaluationHistoryByIDs UpsertEvaluationOutput GetEvaluationOutput
		DeleteEvaluationOutputsByEvaluationIDs ListOldestRuleEvaluationsByRepositoryId
		ListOldestRuleEvaluationsByEntityID CreateProfileForEntity UpsertProfileForEntity DeleteProfileForEntity
		CreateSelector GetSelectorsByProfileID UpdateSelector DeleteSelector GetSelectorByID
		DeleteSelectorsByProfileID`,
	audit.Weak: `GetTypedEntitiesByProperty`,
	audit.RootOnly: `
		CreateProject GetProjectByName GetParentProjects GetParentProjectsUntil GetChildrenProjects
		GetImmediateChildrenProjects DeleteProject ListAllRootProjects`,
	audit.Global: `UpsertBundle GetBundle CreateUser GetUserByID GetUserBySubject DeleteUser ListUsers CountUsers`,
}

// TestAuditMinder audits a project of 158 queries as its authors wrote it.
func TestAuditMinder(t *testing.T) {
	t.Parallel()
	dir := corpus(t, "minder")
	report, err := loadAudit(dir, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[string]audit.Class{}, map[string]audit.Class{}
	for class, names := range minderClasses {
		for name := range strings.FieldsSeq(names) {
			want[name] = class
		}
	}
	for _, q := range report.Queries {
		got[q.Name] = q.Class
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	if d := report.Summary.Schemas[0]; !cmp.Equal(d.Columns, []string{"project_id"}) || d.Root != "projects" || len(report.Queries) != 158 {
		t.Errorf("%v of %s, %d queries", d.Columns, d.Root, len(report.Queries))
	}
	// What an UPDATE or DELETE does comes before all that only reads.
	reads := false
	for _, q := range report.Queries {
		for _, f := range q.Findings[:min(len(q.Findings), 1)] {
			reads = reads || f.Level != audit.Error
			if reads && f.Level == audit.Error {
				t.Errorf("%s comes behind findings that are less dangerous", q.Name)
			}
		}
	}
}

// TestAuditCorpora audits all projects that sqlc tests itself with, and river, as
// if id were the tenant column. Many are broken on purpose. Each is audited, or
// has nothing to audit; none stops the audit.
func TestAuditCorpora(t *testing.T) {
	t.Parallel()
	start := time.Now()
	projects, queries, unparsed := 0, 0, 0
	nothing := map[string]int{}
	for _, name := range []string{"sqlc", "river"} {
		err := filepath.WalkDir(corpus(t, name), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasPrefix(d.Name(), "sqlc.") || d.IsDir() || filepath.Ext(path) == ".sql" {
				return err
			}
			report, err := loadAudit(path, []string{"id"}, "")
			if err != nil {
				reason, _, _ := strings.Cut(err.Error(), "\n")
				nothing[strings.TrimSuffix(reason, ". There are:")]++
				return nil
			}
			projects++
			queries += report.Summary.Queries
			unparsed += report.Summary.Classes[audit.Unparsed]
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d projects with %d queries, %d of them unparsed, in %s; nothing to audit: %v", projects, queries, unparsed, time.Since(start).Round(time.Millisecond), nothing)
	if projects < 250 || queries < 500 || unparsed*10 > queries {
		t.Errorf("too little was audited")
	}
}
