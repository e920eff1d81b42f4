SELECT c.name, i.number, i.total_cents
FROM customers AS c
LEFT JOIN invoices AS i ON i.customer_id = c.id AND i.status = 'sent'
WHERE c.archived_at IS NULL OR i.id IS NOT NULL
