-- Proposals 1 to :rows with partners in proportion (7 budget lines, 4.5 projects, 15 complaints to ten), the same at every start.
CREATE TABLE proposals (id INTEGER PRIMARY KEY, title TEXT, village_code TEXT, agency_code TEXT, fiscal_year INT,
    estimated_cost INT, status TEXT, submitted_on TEXT);
CREATE TABLE budget_lines (id INTEGER PRIMARY KEY, proposal_id INT, account_code TEXT, allocated INT, realized INT, fiscal_year INT);
CREATE TABLE projects (id INTEGER PRIMARY KEY, proposal_id INT, status TEXT, physical_progress INT, contract_value INT, vendor TEXT);
CREATE TABLE complaints (id INTEGER PRIMARY KEY, project_id INT, subject TEXT, status TEXT, received_at TEXT);

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows),
    mixed(i, h) AS (SELECT i, (i * 2654435761) % 4294967291 FROM n)
INSERT INTO proposals
SELECT i, printf('Road paving V%03d-%d', h % 212, h % 39), printf('V%03d', h / 7 % 212), printf('A%02d', h / 11 % 24),
    2021 + h / 13 % 5, (50 + h / 17 % 8950) * 100000,
    CASE WHEN h / 19 % 100 < 50 THEN 'accepted' WHEN h / 19 % 100 < 75 THEN 'submitted' ELSE 'rejected' END,
    printf('%d-%02d-%02d', 2020 + h / 13 % 5, 1 + h / 23 % 12, 1 + h / 29 % 28)
FROM mixed;

WITH lines(proposal, year, cost, h, k) AS (
    SELECT p.id, p.fiscal_year, p.estimated_cost, (p.id * 40503 + value * 69069) % 1000003, value
    FROM proposals p JOIN json_each('[1, 2, 3]')
    WHERE (p.id * 7919) % 100 >= CASE value WHEN 1 THEN 52 WHEN 2 THEN 84 ELSE 94 END)
INSERT INTO budget_lines
SELECT row_number() OVER (ORDER BY proposal, k), proposal, printf('5.%d.%02d.%02d', h % 3 + 1, h / 3 % 9, h / 27 % 60),
    cost * (30 + h % 80) / 100, cost * (30 + h % 80) / 100 * (h / 80 % 100) / 100, year
FROM lines;

INSERT INTO projects
SELECT row_number() OVER (ORDER BY id), id,
    CASE id % 5 WHEN 0 THEN 'planned' WHEN 1 THEN 'tender' WHEN 2 THEN 'construction' WHEN 3 THEN 'completed' ELSE 'stalled' END,
    (id * 31) % 101, estimated_cost / 100 * (40 + (id * 37) % 60), printf('PT Maju %d', id % 20)
FROM proposals WHERE (id * 7919) % 100 >= 52 AND (id * 104729) % 100 < 94;

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows * 3 / 2)
INSERT INTO complaints
SELECT i, CASE WHEN i % 100 < 85 THEN 1 + (i * 2654435761) % 4294967291 % (SELECT count(*) FROM projects) END,
    printf('Work has stopped %d', i % 8),
    CASE WHEN i * 31 % 12 < 4 THEN 'open' WHEN i * 31 % 12 < 6 THEN 'in_progress' WHEN i * 31 % 12 < 9 THEN 'resolved' ELSE 'closed' END,
    printf('%d-%02d-%02dT08:00:00Z', 2021 + i % 5, 1 + i / 7 % 12, 1 + i / 11 % 28)
FROM n;
