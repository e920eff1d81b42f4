package workload

import (
	"context"
	"database/sql"
	"time"

	"github.com/google/uuid"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// GORM reads with GORM, the tenant's predicate in each query.
type GORM struct{ db *gorm.DB }

// gormTicket is a row, as GORM's users declare it.
type gormTicket struct {
	ID         int64
	TenantID   uuid.UUID
	CustomerID int64
	Number     int32
	Title      string
	Amount     int64
	Open       bool
	CreatedAt  time.Time
}

// TableName implements GORM's Tabler.
func (gormTicket) TableName() string { return "tickets" }

// NewGORM returns the client on the database.
func NewGORM(db *sql.DB) (GORM, error) {
	g, err := gorm.Open(postgres.New(postgres.Config{Conn: db}), &gorm.Config{Logger: logger.Discard})
	return GORM{g}, err
}

// Point implements Reader.
func (c GORM) Point(ctx context.Context, k Key) error {
	var t gormTicket
	err := c.db.WithContext(ctx).Where("id = ? AND tenant_id = ?", k.Ticket, k.Tenant.ID).Take(&t).Error
	return wantTicket(k, t.ID, t.TenantID, err)
}

// List implements Reader.
func (c GORM) List(ctx context.Context, k Key) error {
	var list []gormTicket
	err := c.db.WithContext(ctx).Where("customer_id = ? AND tenant_id = ?", k.Customer, k.Tenant.ID).
		Order("id").Limit(ticketsPerCustomer).Find(&list).Error
	if err != nil || len(list) == 0 {
		return wantList(k, 0, 0, err)
	}
	return wantList(k, len(list), list[len(list)-1].ID, nil)
}
