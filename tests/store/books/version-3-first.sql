PRAGMA user_version=3;
PRAGMA application_id=1281978720;
BEGIN TRANSACTION;
CREATE TABLE record (
                kind TEXT NOT NULL,
                id TEXT NOT NULL,
                ordinal INTEGER NOT NULL,
                body TEXT NOT NULL,
                checksum INTEGER NOT NULL,
                PRIMARY KEY (kind, id)
            );
INSERT INTO "record" VALUES('position','a1',1,'{"id":"a1","instrument":{"venue":"binanceusdm","symbol":"BTC/USDT:USDT","market_id":"BTCUSDT","base":"BTC","quote":"USDT","settle":"USDT","kind":"linear","contract_size":1.0,"multiplier":1.0,"price_tick":0.1,"amount_step":0.001,"active":true},"side":1,"size":0.5,"size_unit":"base","entry_price":64200.0,"margin_mode":"isolated","leverage":10.0,"margin":null,"extra_margin":0.0,"stop_price":62000.0,"take_profit_price":68000.0,"maintenance_margin_rate":null,"maintenance_amount":0.0,"taker_fee":null,"note":"=first","example":false,"opened_ms":null,"state":"open","closing":null,"tags":[]}',1589838609);
INSERT INTO "record" VALUES('position','b2',2,'{"id":"b2","instrument":{"venue":"okx","symbol":"ETH/USDT:USDT","market_id":"ETHUSDT","base":"ETH","quote":"USDT","settle":"USDT","kind":"linear","contract_size":0.1,"multiplier":1.0,"price_tick":0.01,"amount_step":null,"active":true},"side":-1,"size":25.0,"size_unit":"contracts","entry_price":3120.55,"margin_mode":"cross","leverage":5.0,"margin":null,"extra_margin":0.0,"stop_price":null,"take_profit_price":null,"maintenance_margin_rate":0.01,"maintenance_amount":0.0,"taker_fee":0.0005,"note":"","example":false,"opened_ms":1763990000000,"state":"open","closing":null,"tags":[]}',2712660480);
INSERT INTO "record" VALUES('position','c3',3,'{"id":"c3","instrument":{"venue":"bybit","symbol":"BTC/USD:BTC","market_id":"BTCUSD","base":"BTC","quote":"USD","settle":"BTC","kind":"inverse","contract_size":1.0,"multiplier":1.0,"price_tick":null,"amount_step":null,"active":true},"side":1,"size":10000.0,"size_unit":"contracts","entry_price":60000.0,"margin_mode":"isolated","leverage":3.0,"margin":null,"extra_margin":0.01,"stop_price":null,"take_profit_price":null,"maintenance_margin_rate":null,"maintenance_amount":0.0,"taker_fee":null,"note":"","example":false,"opened_ms":null,"state":"planned","closing":null,"tags":["swing"]}',2554146737);
INSERT INTO "record" VALUES('balance','okx USDT',1,'{"venue":"okx","coin":"USDT","amount":2500.0,"haircut":0.95}',1526863661);
INSERT INTO "record" VALUES('watch-list','main',1,'[["binanceusdm","BTC/USDT:USDT"],["okx","ETH/USDT:USDT"],["bybit","BTC/USD:BTC"]]',2483608420);
INSERT INTO "record" VALUES('position note','a1',1,'{"contract":"binanceusdm BTC/USDT:USDT","terms":"LONG 0.5 base 64200.0 isolated 10.0 None 0.0 None 0.0 None 1.0","since_ms":1763990000000,"stood":true,"breach":{"at_ms":1764000000000,"mark_price":57900.5,"liquidation_price":58012.25,"source":"watched"}}',378916785);
CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO "state" VALUES('selected','okx ETH/USDT:USDT');
INSERT INTO "state" VALUES('card wishes','{}');
COMMIT;
