INSERT INTO `Order` (`No`, `Org Id`, `select`) VALUES
    (1, 'one', 'order 1'), (2, 'one', 'order 2'), (3, 'one', 'order 3'), (1, 'two', 'order 1'), (2, 'two', 'order 2'), (1, 'three', 'order 1');
INSERT INTO `Order Item` (`Order No`, `Order Org`, `Text`) VALUES
    (1, 'one', NULL), (2, 'one', 'item 12'), (1, 'two', 'item 21'), (2, 'two', NULL), (1, 'three', 'item 31');
-- MySQL looks again for the parent of a row whose key changes, and a slice has no rows
-- of others.
UPDATE pins SET folder_id = NULL WHERE org_id = 'three';
