"""Made-up SQL statements, and what sqlglot finds in a statement, to compare with what `explain-sql` says."""

from __future__ import annotations

import random
from typing import List, Optional, Set, Tuple

from sqlglot import exp, parse_one
from sqlglot.optimizer.scope import Scope, traverse_scope

Columns = Set[Tuple[str, str]]

TABLES = ["clicks", "web.orders", '"web"."Users"', "awsdatacatalog.lake.raw", "events", '"Odd Name"', "ads.costs"]
COLUMNS = ["day", "hour", "user_id", "event_time", "amount", '"Group"', "country", "url"]


class Generator:
    """Statements of Trino's grammar as tools and people write them; one seed gives one sequence."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def often(self, share: float) -> bool:
        return self.random.random() < share

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def statement(self) -> str:
        self.count = 0
        query = self.query(depth=0)
        kind = self.random.random()
        if kind < 0.05:
            query = f"INSERT INTO target.copy {query}"
        elif kind < 0.1:
            query = f"CREATE TABLE target.copy WITH (format = 'PARQUET') AS {query}"
        if self.often(0.1):
            query = f"/* Username: ada@example.com, Job ID: 1 */ {query}"
        if self.often(0.1):
            query += "\n-- it's a comment; with \"quotes\""
        return query

    def query(self, depth: int) -> str:
        common: List[str] = []
        text = ""
        if depth < 2 and self.often(0.3):
            parts = []
            for _ in range(self.random.randint(1, 2)):
                name = self.name("c")
                parts.append(f"{name} AS ({self.select(depth + 1, common)})")
                common = common + [name]
            text = "WITH " + ",\n ".join(parts) + " "
        text += self.select(depth, common)
        if self.often(0.15):
            text += f" {self.pick('UNION ALL', 'UNION', 'EXCEPT')} {self.select(depth, common)}"
        if self.often(0.2):
            text += f" ORDER BY 1 {self.pick('', 'DESC', 'DESC NULLS LAST')}"
        if self.often(0.2):
            text += f" LIMIT {self.random.randint(1, 1000)}"
        return text

    def select(self, depth: int, common: List[str]) -> str:
        aliases = [self.name("t") for _ in range(self.pick_count())]
        relations = [self.relation(alias, depth, common) for alias in aliases]
        source = relations[0]
        for index, relation in enumerate(relations[1:], 1):
            if self.often(0.25):
                source += f", {relation}"
            else:
                join = self.pick("JOIN", "INNER JOIN", "LEFT JOIN", "LEFT OUTER JOIN", "FULL JOIN")
                column = self.pick(*COLUMNS)
                source += f" {join} {relation} ON {aliases[index - 1]}.{column} = {aliases[index]}.{column}"
                if self.often(0.3):
                    source += f" AND {self.condition(aliases, depth, common)}"
        if self.often(0.1):
            source += f" CROSS JOIN UNNEST({aliases[0]}.items) AS {self.name('u')} (item)"
        text = f"SELECT {self.pick('', '', '', 'DISTINCT ')}{self.items(aliases)} FROM {source}"
        if self.often(0.7):
            conditions = [self.condition(aliases, depth, common) for _ in range(self.random.randint(1, 3))]
            text += "\nWHERE " + f" {self.pick('AND', 'AND', 'OR')} ".join(conditions)
        if self.often(0.2):
            text += " GROUP BY 1, 2 HAVING count(*) > 3"
        return text

    def pick_count(self) -> int:
        return self.random.choice([1, 1, 1, 2, 2, 3])

    def relation(self, alias: str, depth: int, common: List[str]) -> str:
        if common and self.often(0.4):
            return f"{self.pick(*common)} {self.pick('', 'AS ')}{alias}"
        if depth < 2 and self.often(0.15):
            return f"({self.query(depth + 1)}) {self.pick('', 'AS ')}{alias}"
        return f"{self.pick(*TABLES)} {self.pick('', 'AS ')}{alias}"

    def column(self, aliases: List[str]) -> str:
        column = self.pick(*COLUMNS)
        # A name alone is only certain where there is one relation.
        return column if len(aliases) == 1 and self.often(0.5) else f"{self.pick(*aliases)}.{column}"

    def items(self, aliases: List[str]) -> str:
        if self.often(0.2):
            return self.pick("*", f"{aliases[0]}.*")
        items = []
        for _ in range(self.random.randint(2, 4)):
            column = self.column(aliases)
            items.append(
                self.pick(
                    column,
                    column,
                    f"{column} AS {self.pick('day', 'user_id', 'x', 'limit_')}",
                    f"count(DISTINCT {column})",
                    f"sum({column}) FILTER (WHERE {column} > 0) AS total",
                    f"CAST({column} AS decimal(10, 2)) AS amount",
                    f"CASE WHEN {column} = 'a' THEN 1 ELSE 2 END AS kind",
                    f"row_number() OVER (PARTITION BY {column} ORDER BY {column} DESC) AS rn",
                    f"date_trunc('day', {column}) AS day",
                    f"{column} || 'x' AS url",
                    f"coalesce({column}, 'FROM other')",
                )
            )
        return ", ".join(items)

    def condition(self, aliases: List[str], depth: int, common: List[str]) -> str:
        column, other = self.column(aliases), self.column(aliases)
        conditions = [
            f"{column} = '2026-01-01'",
            f"{column} BETWEEN '2026-01-01' AND '2026-01-31'",
            f"NOT ({column} > 3 OR {other} IS NULL)",
            f"date({column}) >= current_date - INTERVAL '7' DAY",
            f"CAST({column} AS integer) IN (1, 2, 3)",
            f"{column} LIKE '%where x = 1%'",
            f"concat({column}, {other}) <> 'it''s'",
            f"{column} IS NOT DISTINCT FROM {other}",
            f"coalesce({column}, 0) + 1 < {other}",
            f"(CASE WHEN {column} = 1 THEN {other} ELSE 0 END) = 2",
            f"extract(year FROM {column}) = 2026",
            f"{column} AT TIME ZONE 'UTC' < TIMESTAMP '2026-01-01 00:00:00'",
            f"regexp_like({column}, '^a.*$')",
        ]
        if depth < 2:
            inner = self.name("s")
            conditions += [
                f"{column} IN (SELECT {inner}.day FROM {self.pick(*TABLES)} {inner} WHERE {inner}.hour = 1)",
                f"EXISTS (SELECT 1 FROM {self.pick(*TABLES)} {inner} WHERE {inner}.user_id = {aliases[0]}.user_id)",
                f"{column} = (SELECT max({inner}.day) FROM {self.pick(*TABLES)} {inner})",
            ]
        return self.random.choice(conditions)


class Found:
    """What sqlglot finds: the tables, and the columns of tables in conditions."""

    def __init__(self, sql: str) -> None:
        self.tables: Set[str] = set()
        self.certain: Columns = set()
        self.possible: Columns = set()
        self.vague: Set[str] = set()
        tree = parse_one(sql, read="athena")
        for scope in traverse_scope(tree.expression if isinstance(tree, (exp.Insert, exp.Create)) else tree):
            for source in scope.sources.values():
                if isinstance(source, exp.Table):
                    self.tables.add(name(source))
            for column in conditions(scope):
                self.add(column, scope)

    def add(self, column: exp.Column, scope: Scope) -> None:
        alias = column.table.lower()
        if not alias:
            own = list(scope.selected_sources)
            for key in own:
                self.follow(column.name.lower(), scope.sources[key], certain=len(own) == 1)
            return
        around: Optional[Scope] = scope
        # A query in an expression may mean the tables of those around it.
        while around and alias not in around.selected_sources:
            around = around.parent
        if around:
            self.follow(column.name.lower(), around.sources[alias], certain=True)

    def follow(self, column: str, source: object, certain: bool) -> None:
        """Follows a column to the tables that it comes from."""
        if isinstance(source, exp.Table):
            (self.certain if certain else self.possible).add((name(source), column))
        if not isinstance(source, Scope):
            return
        if source.set_operation_scopes:
            self.follow_union(column, source, certain)
            return
        outputs = [one for one in source.expression.selects if not one.is_star and one.alias_or_name.lower() == column]
        certain = certain and len(outputs) == 1
        for output in outputs:
            for inner in output.find_all(exp.Column):
                if inner.find_ancestor(exp.Window) is None:
                    self.follow_column(inner, source, certain)
        stars = [one for one in source.expression.selects if one.is_star]
        if not outputs:
            for star in stars:
                self.follow_star(column, star, source, certain)

    def follow_column(self, column: exp.Column, scope: Scope, certain: bool) -> None:
        own = list(scope.selected_sources)
        names = [column.table] if column.table else own
        for one in names:
            self.follow(column.name.lower(), scope.sources.get(one), certain and len(names) == 1)

    def follow_star(self, column: str, star: exp.Expression, scope: Scope, certain: bool) -> None:
        names = [star.table] if isinstance(star, exp.Column) else list(scope.selected_sources)
        for one in names:
            self.follow(column, scope.sources.get(one), certain and len(names) == 1)

    def follow_union(self, column: str, scope: Scope, certain: bool) -> None:
        """A union's columns meet by place."""
        first = [one for one in leaves(scope)]
        selects = first[0].expression.selects
        places = [index for index, one in enumerate(selects) if one.alias_or_name.lower() == column]
        if any(one.is_star for leaf in first for one in leaf.expression.selects):
            for leaf in first:
                for source in leaf.traverse():
                    self.vague |= {name(one) for one in source.sources.values() if isinstance(one, exp.Table)}
            return
        for place in places:
            for leaf in first:
                output = leaf.expression.selects[place] if place < len(leaf.expression.selects) else None
                for inner in output.find_all(exp.Column) if output is not None else ():
                    if inner.find_ancestor(exp.Window) is None:
                        self.follow_column(inner, leaf, certain and len(places) == 1)


def leaves(scope: Scope) -> List[Scope]:
    return [leaf for one in scope.set_operation_scopes for leaf in leaves(one)] if scope.set_operation_scopes else [scope]


def name(table: exp.Table) -> str:
    return ".".join(part.name.lower() for part in table.parts)


def conditions(scope: Scope) -> List[exp.Column]:
    """The columns in WHERE and ON of this scope, without those of scopes in it."""
    columns: List[exp.Column] = []
    tree = scope.expression
    if not isinstance(tree, exp.Select):
        return columns
    where: Optional[exp.Expression] = tree.args.get("where")
    parts = [where] if where else []
    parts += [join.args["on"] for join in tree.args.get("joins") or [] if join.args.get("on")]
    for part in parts:
        columns += [one for one in part.find_all(exp.Column) if one.find_ancestor(exp.Select) is tree]
    return columns
