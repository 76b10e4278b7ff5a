"""Tables learn of their new partitions, by each way and each trigger, and a message is gone only when it was done."""

from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest

from parts import bridge
from parts.emulator import Invocation
from parts.house import metrics, reason
from parts.lake import HANDLER, Lake

MODES = ["glue", "add_partition", "repair"]
HOURS = ["2024-03-05-13", "2024-03-05-14"]


def nonzero(counted: Dict[str, int]) -> Dict[str, int]:
    return {name: value for name, value in counted.items() if value}


def assert_adds_up(counted: Dict[str, int]) -> None:
    objects = {name: value for name, value in counted.items() if name.startswith("Objects") and name != "Objects"}
    assert counted["Objects"] == sum(objects.values()), counted
    partitions = {name: value for name, value in counted.items() if name.startswith("Partitions") and name != "Partitions"}
    assert counted["Partitions"] == sum(partitions.values()), counted


def good(invocation: Invocation) -> Dict[str, int]:
    assert invocation.succeeded, invocation.error
    counted = metrics(invocation)
    assert_adds_up(counted)
    return nonzero(counted)


def by(lake: Lake, trigger: str) -> List[Invocation]:
    """Lets the handler do what waits in the queue."""
    if trigger == "schedule":
        return [lake.tick()]
    delivery = lake.queue().drain()
    assert delivery.returned == 0
    return delivery.invocations


# The whole life of the job


@pytest.mark.parametrize("trigger", ["schedule", "queue"])
@pytest.mark.parametrize("mode", MODES)
def test_a_table_learns_of_new_partitions(lake: Lake, mode: str, trigger: str) -> None:
    lake.configure("alerts", refresh_mode=mode)
    lake.create_table("alerts")
    lake.notify()
    lake.put(*(f"alerts/dt={hour}/{part}.json" for hour in HOURS for part in "ab"))
    assert lake.count() == 5  # S3 has tried the notification out, too.
    counted: Dict[str, int] = {}
    for invocation in by(lake, trigger):
        for name, value in good(invocation).items():
            counted[name] = counted.get(name, 0) + value
    expected = {(hour,): lake.location(f"alerts/dt={hour}/") for hour in HOURS}
    assert lake.partitions("alerts") == expected and lake.count() == 0
    assert counted["ObjectsSkippedTestMessage"] == 1 and counted["Messages"] == 5
    # Objects in partitions that are known cost no call.
    lake.aws.forget_calls()
    lake.put(f"alerts/dt={HOURS[0]}/later.json")
    assert sum(good(one).get("ObjectsInKnownPartitions", 0) for one in by(lake, trigger)) == 1
    assert not [call for call in lake.aws.calls() if call.startswith(("glue", "athena"))] and lake.count() == 0
    # A start anew knows nothing, and telling a table again changes nothing.
    lake.house.stop()
    lake.put(f"alerts/dt={HOURS[1]}/last.json")
    for invocation in by(lake, trigger):
        good(invocation)
    assert lake.partitions("alerts") == expected and lake.count() == 0


def test_partitions_are_stored_as_their_table_is(lake: Lake) -> None:
    lake.create_table("alerts")
    lake.send(lake.created("alerts/dt=2024-03-05-13/a.json"))
    assert good(lake.tick())["PartitionsCreated"] == 1
    [partition] = lake.described_partitions("alerts")
    location = lake.location("alerts/dt=2024-03-05-13/")
    assert partition["StorageDescriptor"] == {**lake.storage("alerts"), "Location": location}


def test_a_backlog_is_dealt_with_in_rounds_of_a_hundred(lake: Lake) -> None:
    lake.create_table("t", [("n", "string")])
    lake.configure("t", layouts=["n={}"])
    lake.send(*(lake.created(f"t/n={number}/a") for number in range(120)))
    lake.aws.forget_calls()
    counted = good(lake.tick())
    assert counted == {
        **dict.fromkeys(["Messages", "MessagesDeleted", "Objects", "ObjectsInNewPartitions"], 120),
        **dict.fromkeys(["Partitions", "PartitionsCreated"], 120),
    }
    calls = lake.aws.calls()
    # A round may be shorter than a hundred where receiving takes long.
    assert calls["sqs.ReceiveMessage"] == 13 and 12 <= calls["sqs.DeleteMessageBatch"] <= 14
    assert calls["glue.GetDatabase"] == 1 and 2 <= calls["glue.GetTable"] == calls["glue.BatchCreatePartition"] <= 4
    assert len(lake.partitions("t")) == 120 and lake.count() == 0


def test_many_partitions_of_one_message_go_a_hundred_at_a_time(lake: Lake) -> None:
    lake.create_table("t", [("n", "int")])
    lake.configure("t", layouts=["n={}"])
    event = bridge.through_sqs(lake.created(*(f"t/n={number}/a" for number in range(250))))
    lake.aws.forget_calls()
    good(lake.house.handler(HANDLER).invoke(event))
    assert len(lake.partitions("t")) == 250 and lake.aws.calls()["glue.BatchCreatePartition"] == 3


def test_a_repair_finds_what_nobody_has_told_of(lake: Lake) -> None:
    lake.configure("t", refresh_mode="repair")
    lake.create_table("t")
    lake.put("t/dt=2024-01-01-01/told", "t/dt=2024-01-01-02/not-told")
    lake.send(lake.created("t/dt=2024-01-01-01/told"))
    assert good(lake.tick())["PartitionsRepaired"] == 1
    assert sorted(lake.partitions("t")) == [("2024-01-01-01",), ("2024-01-01-02",)]


def test_as_many_rounds_are_made_as_the_time_allows(lake: Lake) -> None:
    """Receiving is slow, and the time ends between two rounds: nothing is received that is not dealt with."""
    count = 120
    lake.house.timeout_seconds = 15
    lake.create_table("t", [("n", "string")])
    lake.configure("t", layouts=["n={}"], timeout=15)
    lake.send(*(lake.created(f"t/n={number}/a") for number in range(count)))
    lake.aws.forget_calls()
    lake.aws.arm({"operation": "sqs.ReceiveMessage", "kind": "delay", "delay": 1.2, "times": 99})
    invocation = lake.tick()
    # Lambda would have ended it at its time limit.
    counted = good(invocation)
    assert [line["message"] for line in invocation.logs if line.get("level") == "WARN"] == [
        "time ran out; the remaining messages wait for the next round"
    ]
    done = counted["MessagesDeleted"]
    calls = lake.aws.calls()
    assert calls["glue.BatchCreatePartition"] >= 2 and done == 10 * calls["sqs.ReceiveMessage"] < count
    assert len(lake.partitions("t")) == done and lake.count() == count - done and lake.count_hidden() == 0
    lake.aws.arm()
    good(lake.tick())
    assert len(lake.partitions("t")) == count and lake.count() == 0


def test_an_empty_queue_costs_no_call_of_another_service(lake: Lake) -> None:
    lake.aws.forget_calls()
    assert good(lake.tick()) == {}
    assert set(lake.aws.calls()) == {"sqs.ReceiveMessage"}


def test_the_event_may_come_in_each_wrapping(lake: Lake) -> None:
    lake.create_table("t")
    keys = [f"t/dt=2024-01-01-0{number}/a b=c.json" for number in range(6)]
    lake.send(lake.created(keys[0]), bridge.sns_notification(lake.created(keys[1])))
    lake.send(bridge.event_bridge_object_created(lake.bucket, keys[2], 2))
    good(lake.tick())
    assert lake.count() == 0
    function = lake.house.handler(HANDLER)
    for event in (
        lake.created(keys[3]),
        bridge.event_bridge_object_created(lake.bucket, keys[4], 2),
        bridge.through_sns(lake.created(keys[5])),
    ):
        good(function.invoke(event))
    assert [values for values, in sorted(lake.partitions("t"))] == [f"2024-01-01-0{number}" for number in range(6)]


# What is told from keys


def test_the_layouts_of_parquet_and_of_json_are_known_without_settings(lake: Lake) -> None:
    for table, folder in (("cloudtrail", "parquet/cloudtrail"), ("osquery", "osquery")):
        lake.create_table(table, folder=folder)
    lake.send(lake.created("parquet/cloudtrail/dt=2024-03-05-14/a.parquet", "osquery/2024/03/05/14/a.gz"))
    good(lake.tick())
    assert lake.partitions("cloudtrail") == {("2024-03-05-14",): lake.location("parquet/cloudtrail/dt=2024-03-05-14/")}
    assert lake.partitions("osquery") == {("2024-03-05-14",): lake.location("osquery/2024/03/05/14/")}


@pytest.mark.parametrize("mode", ["glue", "add_partition"])
def test_columns_go_in_the_order_of_the_table(lake: Lake, mode: str) -> None:
    lake.create_table("t", [("month", "int"), ("year", "string")], folder="deep/t/")
    lake.configure({"table": "T", "layouts": ["year={}/month={MM}"]}, refresh_mode=mode)
    lake.send(lake.created("deep/t/year=2024/month=03/deeper/a"))
    good(lake.tick())
    assert lake.partitions("t") == {("03", "2024"): lake.location("deep/t/year=2024/month=03/")}


def test_what_is_no_data_is_skipped_and_counted(lake: Lake) -> None:
    lake.create_table("t")
    lake.send(
        lake.created("t/dt=2024-01-01-01/", "t/dt=2024-01-01-01_$folder$", "t/_temporary/dt=2024-01-01-01/a"),
        lake.created("t/dt=2024-01-01-01/_SUCCESS", "t/dt=2024-01-01-01/.hidden"),
        lake.created("t/2024-01-01/a", "2017/08/26/14/x", "dt=2024-01-01-01/x"),
        lake.created("t/dt=2024-01-01-01/a", bucket="somebody-elses"),
        bridge.s3_test_event(lake.bucket),
        {"Records": [{"eventSource": "aws:sns", "Sns": {}}, {"eventName": "x", "dynamodb": {}}]},
        bridge.object_created_event(lake.bucket, "t/dt=2024-01-01-01/a", 1, "ObjectRemoved:Delete"),
        {"Records": []},
    )
    invocation = lake.tick()
    assert good(invocation) == {
        "Messages": 8,
        "MessagesDeleted": 8,
        "Objects": 13,
        "ObjectsSkippedHidden": 5,
        "ObjectsSkippedOtherLayout": 3,
        "ObjectsSkippedUnknownBucket": 1,
        "ObjectsSkippedTestMessage": 1,
        "ObjectsSkippedNotOfS3": 2,
        "ObjectsSkippedNotCreated": 1,
    }
    assert lake.partitions("t") == {} and lake.count() == 0
    told = [(line["level"], line["bucket"]) for line in invocation.logs if "bucket" in line]
    assert told == [("ERROR", "somebody-elses"), ("WARN", lake.bucket)]


def test_keys_of_another_layout_are_told_of_once_for_each_bucket(lake: Lake) -> None:
    """Also to who wants no metrics, and also when it took more rounds than one."""
    lake.create_table("t")
    buckets = {lake.bucket: "data", "other": {"table": "t", "layouts": ["day={dd}"]}, "good": "t"}
    lake.configure(enable_custom_metrics=False, buckets=buckets)
    forged = 'a\n{"level":"INFO","message":"forged"}\r/' + "x" * 2000
    lake.send(lake.created("t/2024/a", forged), lake.created(forged, "day=32/a", bucket="other"))
    lake.send(*(lake.created(f"t/{number}/a") for number in range(110)), lake.created("t/dt=2024-01-01-01/a"))
    invocation = lake.tick()
    assert invocation.succeeded, invocation.error
    warnings = [line for line in invocation.logs if line.get("level") == "WARN"]
    assert {line["message"] for line in warnings} == {"keys fit no layout of their bucket"}
    told = {line["bucket"]: line["count"] for line in warnings}
    assert told == {lake.bucket: 112, "other": 2} and len(warnings) == 2
    [example] = [line["example"] for line in warnings if line["bucket"] == "other"]
    assert example == forged[: len(example)] and len(example.encode()) == 1024
    assert all(line.startswith("{") for line in invocation.log_lines if "forged" in line)
    assert len(lake.partitions("t")) == 1 and lake.count() == 0


def test_a_folder_above_the_tables_is_no_table(lake: Lake) -> None:
    """A key that lacks its table is skipped and told of; it does not become a dead letter for a table `parquet`."""
    lake.create_table("t", folder="parquet/t")
    lake.send(lake.created("parquet/dt=2024-01-01-05/x", "parquet/2024/01/01/05/x"))
    lake.send(lake.created("parquet/t/dt=2024-01-01-06/x"))
    invocation = lake.tick()
    assert good(invocation)["ObjectsSkippedOtherLayout"] == 2 and lake.count() == 0
    assert [line["example"] for line in invocation.logs if "example" in line] == ["parquet/dt=2024-01-01-05/x"]
    assert lake.partitions("t") == {("2024-01-01-06",): lake.location("parquet/t/dt=2024-01-01-06/")}
    # Where the bucket has a table, it is a folder as any other.
    lake.create_table("alone", folder="parquet")
    lake.configure("alone")
    lake.send(lake.created("parquet/dt=2024-01-01-05/x"))
    good(lake.tick())
    assert lake.partitions("alone") == {("2024-01-01-05",): lake.location("parquet/dt=2024-01-01-05/")}


def test_a_message_with_two_records_is_deleted_once(lake: Lake) -> None:
    lake.create_table("t")
    lake.send(lake.created("t/dt=2024-01-01-01/a", "t/dt=2024-01-01-01/b"), lake.created("t/dt=2024-01-01-02/a"))
    counted = good(lake.tick())
    assert (counted["Objects"], counted["Partitions"], counted["MessagesDeleted"]) == (3, 2, 2)
    assert len(lake.partitions("t")) == 2 and lake.count() == 0


def test_no_table_takes_what_belongs_to_another(lake: Lake) -> None:
    lake.create_table("alerts")
    lake.create_table("logs")
    keys = ["logs/2024/01/01/01/a", "alerts/dt=2024-01-01-01/a", "logs/2024/01/01/02/a", "logs/2024/01/01/03/a"]
    lake.send(lake.created(*keys))
    good(lake.tick())
    assert sorted(lake.partitions("alerts")) == [("2024-01-01-01",)]
    assert sorted(lake.partitions("logs")) == [(f"2024-01-01-0{hour}",) for hour in (1, 2, 3)]


@pytest.mark.parametrize("mode", ["glue", "add_partition"])
def test_what_is_outside_of_the_table_is_not_added(lake: Lake, mode: str) -> None:
    lake.create_table("t", folder="t")
    lake.configure("t", refresh_mode=mode)
    lake.send(lake.created("t2/dt=2024-01-01-01/a", "t/dt=2024-01-01-02/a"))
    assert good(lake.tick())["PartitionsSkippedOutsideTable"] == 1
    assert sorted(lake.partitions("t")) == [("2024-01-01-02",)]


def test_a_table_whose_partitions_are_projected_needs_none(lake: Lake) -> None:
    lake.create_table("t", **{"projection.enabled": "true"})
    lake.send(lake.created("t/dt=2024-01-01-01/a"))
    assert good(lake.tick())["PartitionsSkippedProjected"] == 1
    assert lake.partitions("t") == {} and lake.count() == 0


# Statements


EVIL = "t/n=x') LOCATION 's3://evil/' PARTITION (n='y/a"


def test_no_key_can_say_what_a_statement_says(lake: Lake) -> None:
    lake.create_table("t", [("n", "string")])
    lake.configure("t", layouts=["n={}"], refresh_mode="add_partition")
    lake.send(lake.created("t/n=select * --/a"), lake.created(EVIL), lake.created("t/n=;DROP TABLE t/a"))
    said = reason(lake.tick())
    assert "cannot be said in DDL" in said
    assert sorted(lake.partitions("t")) == [(";DROP TABLE t",), ("select * --",)] and lake.count() == 1
    # The catalog itself takes any text.
    lake.configure("t", layouts=["n={}"], refresh_mode="glue")
    lake.show_hidden()
    good(lake.tick())
    assert len(lake.partitions("t")) == 3 and lake.count() == 0


@pytest.mark.parametrize("name", ["2024-logs", "select", "a`b"])
@pytest.mark.parametrize("mode", MODES)
def test_a_table_may_have_any_name(lake: Lake, mode: str, name: str) -> None:
    lake.create_table(name)
    lake.configure({"table": name}, refresh_mode=mode)
    lake.put(f"{name}/dt=2024-01-01-01/a")
    lake.send(lake.created(f"{name}/dt=2024-01-01-01/a"))
    good(lake.tick())
    assert sorted(lake.partitions(name)) == [("2024-01-01-01",)]


def test_a_statement_is_never_too_long(lake: Lake) -> None:
    lake.create_table("t", [("n", "string")])
    lake.configure("t", layouts=["n={}"], refresh_mode="add_partition")
    names = [f"{number:05}" + "x" * 700 for number in range(250)]
    lake.aws.forget_calls()
    good(lake.house.handler(HANDLER).invoke(bridge.through_sqs(lake.created(*(f"t/n={name}/a" for name in names)))))
    assert len(lake.partitions("t")) == 250 and lake.aws.calls()["athena.StartQueryExecution"] == 2


def test_athena_writes_where_the_settings_say(lake: Lake) -> None:
    lake.create_table("t")
    lake.configure("t", refresh_mode="add_partition", results_bucket="some-results", workgroup="primary")
    lake.send(lake.created("t/dt=2024-01-01-01/a"))
    good(lake.tick())
    [identifier] = [
        one
        for one in lake.aws.client("athena").list_query_executions()["QueryExecutionIds"]
        if lake.database in str(lake.aws.client("athena").get_query_execution(QueryExecutionId=one))
    ]
    execution = lake.aws.client("athena").get_query_execution(QueryExecutionId=identifier)["QueryExecution"]
    assert execution["ResultConfiguration"]["OutputLocation"].startswith("s3://some-results/partition_refresh/")
    assert execution["QueryExecutionContext"]["Database"] == lake.database


# What goes wrong


@pytest.mark.parametrize("trigger", ["schedule", "queue"])
@pytest.mark.parametrize("body", ["no JSON", '{"Service": "x"}', '{"Records": [{"s3": {}, "eventName": "ObjectCreated:Put"}]}', ""])
def test_a_message_that_cannot_be_read_harms_no_other_and_ends_in_the_dead_letters(
    lake: Lake, trigger: str, body: str
) -> None:
    lake.create_table("t")
    lake.send(body or " ", lake.created("t/dt=2024-01-01-01/a"))
    if trigger == "queue":
        delivery = lake.queue().drain()
        assert delivery.drained and delivery.deleted == 1
        assert all("a message has to come again" in str(one.logs) for one in delivery.invocations)
    else:
        went_well = []
        for _ in range(4):
            went_well.append(lake.tick().succeeded)
            lake.show_hidden()
        assert went_well == [False, False, False, True]
    assert lake.dead_letters() == [body or " "] and lake.count() == 0
    assert len(lake.partitions("t")) == 1


@pytest.mark.parametrize("body", [..., None, 7, True, {"Records": []}, ["x"]], ids=repr)
@pytest.mark.parametrize("has_neighbors", [True, False])
def test_a_message_without_text_is_given_back_by_itself(lake: Lake, body: Any, has_neighbors: bool) -> None:
    """Lambda deletes what is not given back, so that in the end it is a dead letter and not lost."""
    lake.create_table("t")
    event = bridge.through_sqs(*(lake.created(f"t/dt=2024-01-01-0{hour}/a") for hour in (1, 2, 3)))
    bad = event["Records"][1]
    bad["body"] = body
    if body is ...:
        del bad["body"]
    if not has_neighbors:
        event["Records"] = [bad]
    invocation = lake.house.handler(HANDLER).invoke(event)
    assert good(invocation)["ObjectsUnreadable"] == 1
    assert invocation.payload == {"batchItemFailures": [{"itemIdentifier": bad["messageId"]}]}
    assert len(lake.partitions("t")) == (2 if has_neighbors else 0)
    [line] = [line for line in invocation.logs if line.get("message_id") == bad["messageId"]]
    assert "a message's body is missing or no text" in line["reason"]


def test_one_bad_table_harms_no_other(lake: Lake) -> None:
    lake.create_table("good")
    lake.create_table("other", [("day", "string")])
    messages = [lake.created(f"{table}/dt=2024-01-01-01/a") for table in ("absent", "good", "other")]
    lake.send(*messages, lake.created("good/dt=2024-01-01-02/a", "absent/dt=2024-01-01-02/a"))
    invocation = lake.tick()
    said = reason(invocation)
    assert "table absent: glue:GetTable was refused: EntityNotFoundException" in said
    assert "table other is partitioned by day, but the layout tells dt" in said
    assert len(lake.partitions("good")) == 2 and lake.count() == 3
    counted = metrics(invocation)
    assert_adds_up(counted)
    assert (counted["MessagesDeleted"], counted["MessagesReturned"], counted["PartitionsFailed"]) == (1, 3, 3)


@pytest.mark.parametrize("mode", MODES)
def test_a_database_that_is_not_there_is_named(lake: Lake, mode: str) -> None:
    lake.configure("t", database_name="nowhere", refresh_mode=mode)
    lake.send(lake.created("t/dt=2024-01-01-01/a"), bridge.s3_test_event(lake.bucket))
    assert reason(lake.tick()) == "the database 'nowhere' does not exist"
    assert lake.count() == 1


def test_a_bad_partition_harms_no_other(lake: Lake) -> None:
    lake.create_table("t")
    lake.configure("t", layouts=["dt={}"])
    lake.send(lake.created("t/dt=1/a"), lake.created("t/x/dt=1/a"), lake.created("t/dt=2/a"))
    assert "are one partition" in reason(lake.tick())
    assert lake.partitions("t") == {("1",): lake.location("t/dt=1/"), ("2",): lake.location("t/dt=2/")}
    assert lake.count() == 1


@pytest.mark.parametrize("order, said", [
    ({"state": "FAILED", "reason": "no access"}, "Athena: FAILED: no access"),
    ({"state": "CANCELLED"}, "Athena: CANCELLED: no reason given"),
])
@pytest.mark.parametrize("mode", ["add_partition", "repair"])
def test_a_statement_that_fails_leaves_its_messages(lake: Lake, mode: str, order: Dict[str, Any], said: str) -> None:
    lake.create_table("a")
    lake.create_table("b")
    lake.configure("data", refresh_mode=mode)
    lake.put("a/dt=2024-01-01-01/x", "b/dt=2024-01-01-01/x")
    lake.send(lake.created("a/dt=2024-01-01-01/x"), lake.created("b/dt=2024-01-01-01/x"))
    lake.aws.plan_executions({"order": order}, {})
    assert reason(lake.tick()) == said
    assert lake.count() == 1 and len(lake.partitions("b")) == 1
    lake.show_hidden()
    good(lake.tick())
    assert lake.count() == 0 and len(lake.partitions("a")) == 1


def test_a_statement_that_takes_too_long_leaves_its_messages(lake: Lake) -> None:
    lake.create_table("t")
    lake.configure("t", refresh_mode="add_partition", timeout=10)
    lake.send(lake.created("t/dt=2024-01-01-01/x"))
    lake.aws.plan_executions({"order": {"states": ["RUNNING"] * 100}})
    invocation = lake.tick()
    assert reason(invocation) == "Athena has not finished the statement in time"
    assert lake.count() == 1


# Deletions


def test_a_deletion_that_fails_is_repeated(lake: Lake) -> None:
    lake.create_table("t")
    lake.send(*(lake.created(f"t/dt=2024-01-01-{number:02}/x") for number in range(12)))
    lake.aws.arm({"operation": "sqs.DeleteMessageBatch", "kind": "entries"})
    assert good(lake.tick())["MessagesDeleted"] == 12
    assert lake.count() == 0


def test_a_deletion_that_never_works_is_told(lake: Lake) -> None:
    lake.create_table("t")
    lake.send(lake.created("t/dt=2024-01-01-01/x"))
    lake.aws.arm({"operation": "sqs.DeleteMessageBatch", "status": 403, "code": "AccessDenied", "times": 9})
    invocation = lake.tick()
    assert "sqs:DeleteMessageBatch was refused: AccessDenied" in reason(invocation)
    assert metrics(invocation)["MessagesNotDeleted"] == 1 and lake.count() == 1
    lake.aws.arm()
    lake.show_hidden()
    good(lake.tick())
    assert lake.count() == 0 and len(lake.partitions("t")) == 1


def test_a_message_stays_hidden_while_it_is_worked_on(lake: Lake) -> None:
    lake.create_table("t")
    lake.send(lake.created("absent/dt=2024-01-01-01/x"))
    lake.aws.forget_calls()
    assert not lake.tick().succeeded
    assert lake.aws.calls()["sqs.ReceiveMessage"] == 2 and lake.count() == 1
    assert lake.aws.client("sqs").receive_message(QueueUrl=lake.queue_url).get("Messages", []) == []


def test_a_throttled_catalog_is_asked_again(lake: Lake) -> None:
    lake.create_table("t")
    lake.send(lake.created("t/dt=2024-01-01-01/x"))
    lake.aws.arm(
        {"operation": "glue.BatchCreatePartition", "kind": "throttle"},
        {"operation": "glue.GetTable", "kind": "throttle"},
        {"operation": "sqs.ReceiveMessage", "kind": "lost"},
    )
    lake.tick()
    lake.show_hidden()
    good(lake.tick())
    assert len(lake.partitions("t")) == 1 and lake.count() == 0


def test_an_answer_that_is_lost_doubles_nothing(lake: Lake) -> None:
    lake.create_table("t")
    lake.send(lake.created("t/dt=2024-01-01-01/x"))
    lake.aws.arm({"operation": "glue.BatchCreatePartition", "kind": "lost"})
    assert good(lake.tick())["PartitionsAlreadyThere"] == 1
    assert len(lake.partitions("t")) == 1 and lake.count() == 0


def test_a_queue_that_does_not_answer_is_an_error(lake: Lake) -> None:
    lake.house.set_environment(PARTITION_REFRESH_QUEUE_URL=lake.queue_url + "-absent")
    assert "sqs:ReceiveMessage was refused" in reason(lake.tick())


# Settings


def test_metrics_are_written_only_when_they_are_wanted(lake: Lake) -> None:
    lake.create_table("t")
    for wanted in (False, True):
        lake.configure("t", enable_custom_metrics=wanted)
        lake.send(lake.created(f"t/dt=2024-01-01-0{int(wanted)}/x"))
        assert bool(metrics(lake.tick())) == wanted
    assert len(lake.partitions("t")) == 2


def test_who_is_not_enabled_touches_nothing(lake: Lake) -> None:
    lake.configure("t", enabled=False)
    lake.send(lake.created("t/dt=2024-01-01-01/x"))
    lake.aws.forget_calls()
    assert lake.tick().succeeded and lake.aws.calls() == {}
    assert lake.count() == 1


def test_who_is_not_enabled_and_is_handed_messages_loses_none(lake: Lake) -> None:
    """Lambda delivers whether or not the settings say so: the messages go where the queue's redrive brings them back from."""
    lake.create_table("t")
    lake.configure("t", enabled=False)
    lake.send(*(lake.created(f"t/dt=2024-01-01-0{hour}/x") for hour in (1, 2)))
    delivery = lake.queue().drain()
    assert delivery.drained and delivery.deleted == 0
    for invocation in delivery.invocations:
        assert "partition_refresh.enabled is false; deploy with PARTITION_REFRESH_TRIGGER=schedule" in reason(invocation)
    assert lake.count() == 0
    lake.configure("t")
    dead_letters = lake.aws.queue_arn(lake.dead_letters_url)
    lake.aws.client("sqs").start_message_move_task(SourceArn=dead_letters)
    assert lake.count() == 2 and lake.queue().drain().deleted == 2
    assert len(lake.partitions("t")) == 2


def test_the_log_level_is_the_settings(lake: Lake) -> None:
    lake.create_table("t")
    lake.configure("t", log_level="debug")
    lake.send(lake.created("t/dt=2024-01-01-01/x"))
    assert [line["outcome"] for line in lake.tick().logs if line.get("level") == "DEBUG"] == ["created"]


@pytest.mark.parametrize("settings, environment, said", [
    ({"memory": 512}, {}, "partition_refresh.memory: the settings say '512', but the function was deployed with '256'"),
    ({"schedule_expression": "rate(1 minute)"}, {"PARTITION_REFRESH_SCHEDULE": "rate(10 minutes)"}, "schedule_expression"),
    ({}, {"PARTITION_REFRESH_MODE": "crawl"}, "there is no mode 'crawl'; there are repair, add_partition, glue"),
    ({}, {"PARTITION_REFRESH_DATABASE": ""}, "PARTITION_REFRESH_DATABASE is not set, nor is partition_refresh.database_name"),
    ({}, {"PARTITION_REFRESH_QUEUE_URL": ""}, "PARTITION_REFRESH_QUEUE_URL is not set"),
])
def test_what_is_wrong_with_the_settings_is_named(
    lake: Lake, settings: Dict[str, Any], environment: Dict[str, str], said: str
) -> None:
    lake.configure("t", **settings)
    lake.house.set_environment(**environment)
    assert said in reason(lake.tick())
